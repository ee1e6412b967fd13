/**
 * The events of one attempt on their way to the stream.
 *
 * Job: send them as they happen, and know which ones the stream has not confirmed.
 * Invariants
 * J1. Every event that was added before `close` is confirmed by the stream or given back by it, to be
 *     recorded with the outcome: none is lost between the two (R4).
 * J2. An event is sent once, however often it is added; sent again only with the outcome.
 * J3. What is added after `close` is dropped: the attempt is over, and its worker is a stale holder.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { EventLog } from '../ports.ts';
import type { SendTogether } from './send-together.ts';
import type { Telemetry } from './telemetry.ts';

/** How long at most what somebody waits for is gathered: what ends within it goes with the outcome, in one piece. */
const AWAITED_MS = 20;
/** How long at most everything else waits for company: a step that is over within it is told in one piece. */
const WINDOW_MS = 250;

interface JournalPorts {
  readonly events: EventLog;
  readonly sending: SendTogether;
  readonly telemetry: Telemetry;
}

export class EventJournal {
  readonly #ports: JournalPorts;
  /** By id, in the order added. */
  readonly #unconfirmed = new Map<string, SignalboxEvent>();
  readonly #known = new Set<string>();
  #unsent: SignalboxEvent[] = [];
  #isClosed = false;
  readonly #send = (): void => void this.flush();

  constructor(ports: JournalPorts) {
    this.#ports = ports;
  }

  /** Takes events and returns at once; a stream that refuses them gets them with the outcome. */
  add(...events: readonly SignalboxEvent[]): void {
    if (this.#isClosed) return;
    for (const event of events) {
      if (this.#known.has(event.id)) continue;
      this.#known.add(event.id);
      this.#unconfirmed.set(event.id, event);
      this.#unsent.push(event);
      this.#ports.sending.within(isAwaited(event) ? AWAITED_MS : WINDOW_MS, this.#send);
    }
  }

  /** True of an event that was added and that the stream has not confirmed. */
  isWaiting(id: string): boolean {
    return this.#unconfirmed.has(id);
  }

  /** Ends the journal and gives what the stream has not confirmed, in the order added. */
  close(): readonly SignalboxEvent[] {
    this.#isClosed = true;
    this.#ports.sending.withdraw(this.#send);
    return [...this.#unconfirmed.values()];
  }

  /** Sends what waits now. Never rejects. */
  async flush(): Promise<void> {
    const { events, telemetry } = this.#ports;
    const sent = this.#unsent;
    this.#unsent = [];
    if (sent.length === 0) return;
    try {
      await events.append(sent);
      for (const { id } of sent) this.#unconfirmed.delete(id);
    } catch (error) {
      telemetry.log('warn', 'the stream did not take events; they go with the outcome', { error });
    }
  }
}

/** Agents react to domain events, and people watch an answer grow. */
const isAwaited = ({ type }: SignalboxEvent): boolean =>
  !type.startsWith('signalbox.') || type === 'signalbox.output.partial';
