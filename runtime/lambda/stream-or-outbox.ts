/**
 * The event log of everybody who tells something: the stream, or the outbox while the stream is away.
 *
 * Boundary: two stores behind one port; what is kept in the outbox is relayed by the reconciler
 * (`relay-outbox.ts`).
 * Invariants
 * R4. An append resolves once every one of its events is in the stream or in the outbox, and rejects
 *     only when both refuse. Some may be in both then, or twice in the stream: same id, same content.
 * S1. While the stream is known to be away no append waits for it; once in 10 s one of them asks it.
 *     That is known per process, by the clock that it is given.
 * S2. What the stream can never take is refused, not kept, and says nothing about the stream.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import { isAway, isRefusedForGood } from '../core/event-outbox.ts';
import type { EventLog, Outbox, System } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

export interface StreamOrOutboxPorts {
  readonly stream: EventLog;
  readonly outbox: Outbox;
  readonly system: Pick<System, 'now'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

export class StreamOrOutbox implements EventLog {
  readonly #ports: StreamOrOutboxPorts;
  #failedAtMs: number | null = null;

  constructor(ports: StreamOrOutboxPorts) {
    this.#ports = ports;
  }

  async append(events: readonly SignalboxEvent[]): Promise<void> {
    if (events.length === 0) return;
    const { outbox, system } = this.#ports;
    const inOutbox = (): Promise<void> => outbox.put(events);
    const inStream = (): Promise<void> => this.#appendToStream(events);
    const [first, second] = isAway(this.#failedAtMs, system.now())
      ? [inOutbox, inStream]
      : [inStream, inOutbox];
    try {
      await first();
    } catch (error) {
      if (isRefusedForGood(error)) throw error;
      await second();
    }
  }

  async #appendToStream(events: readonly SignalboxEvent[]): Promise<void> {
    const { stream, system, telemetry } = this.#ports;
    try {
      await stream.append(events);
    } catch (error) {
      if (!isRefusedForGood(error)) {
        this.#failedAtMs = system.now();
        telemetry.log(
          'warn',
          'the stream does not take events; the outbox keeps them until it does',
          {
            events: events.length,
            error,
          },
        );
      }
      throw error;
    }
  }
}
