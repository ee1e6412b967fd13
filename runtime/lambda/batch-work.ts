/**
 * The work on one batch of the stream: what was handled, what was parked, what stops the batch.
 *
 * Invariants
 * W1. In two passes: whether a failure is the event's own or everybody's is known once every run was
 *     tried. A failure of the first pass waits for the second.
 * W2. Nothing counts as parked before its lane and the stream (or the outbox) say so; a batch that comes
 *     again after a crash between the two tells it again, as the same event.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import { decideFailure, isDependencyFailure, laneCause } from '../core/consume/failure.ts';
import { laneSummary } from '../core/consume/lane.ts';
import { parkedEvent } from '../core/consume/parked-event.ts';
import type { PlacedEvent, Progress } from '../core/consume/records.ts';
import type { LaneSummary } from '../ports.ts';
import type { Consumer, ConsumerPorts } from './consume-events.ts';
import { handOver } from './hand-over.ts';

/** Events of a run that were not dealt with: the first of them failed. */
interface Stuck {
  readonly left: readonly PlacedEvent[];
  readonly error: unknown;
}

export class BatchWork {
  /** Events and records that were put aside. */
  parked = 0;
  readonly #ports: ConsumerPorts;
  readonly #consumer: Consumer;
  readonly #batch: { readonly untilMs: number; readonly arrivedMs: readonly number[] };
  readonly #stuck: Stuck[] = [];
  #handled = 0;
  #stoppedAt: number | null = null;

  constructor(
    ports: ConsumerPorts,
    consumer: Consumer,
    batch: {
      /** Epoch milliseconds after which no further run is begun. */
      readonly untilMs: number;
      /** When each record arrived in the stream; epoch milliseconds. */
      readonly arrivedMs: readonly number[];
    },
  ) {
    this.#ports = ports;
    this.#consumer = consumer;
    this.#batch = batch;
  }

  /** Runs whose failure is still to be decided on. */
  stuck(): readonly Stuck[] {
    return this.#stuck;
  }

  progress(): Progress {
    return { stoppedAt: this.#stoppedAt, handled: this.#handled, parked: this.parked };
  }

  /** The batch comes again from this record on, or from an earlier one. */
  stop(at: number, error?: unknown): void {
    this.#stoppedAt = Math.min(at, this.#stoppedAt ?? at);
    if (error !== undefined)
      this.#ports.telemetry.log('warn', 'a record comes again', { at, error });
  }

  /** First pass: handles the events of a run, or queues them in its open lane. Never rejects. */
  async begin(events: readonly PlacedEvent[], lane: LaneSummary | null): Promise<void> {
    if (this.#ports.system.now() >= this.#batch.untilMs) return this.#stopBefore(events);
    const stuck = await this.#goOn(events, lane);
    if (stuck) this.#stuck.push(stuck);
  }

  /** Second pass: parks the event that failed, or stops before it. Never rejects. */
  async settle(first: Stuck): Promise<void> {
    for (let stuck: Stuck | null = first; stuck; ) {
      const { left, error } = stuck;
      const [failed, ...rest] = left;
      if (!failed || this.#decide(failed, error) === 'again') return this.#stopBefore(left, error);
      try {
        const lane = await this.#park(failed.event, error);
        stuck = await this.#goOn(rest, lane);
      } catch (storeError) {
        return this.#stopBefore(left, storeError);
      }
    }
  }

  #decide({ at }: PlacedEvent, error: unknown): 'park' | 'again' {
    const { arrivedMs } = this.#batch;
    const nowMs = this.#ports.system.now();
    return decideFailure({
      isDependency: isDependencyFailure(error),
      ageMs: nowMs - (arrivedMs[at] ?? nowMs),
      othersHandled: this.#handled > 0,
    });
  }

  #stopBefore(events: readonly PlacedEvent[], error?: unknown): void {
    const [first] = events;
    if (first) this.stop(first.at, error);
  }

  /** Queues events as long as the lane is open, and handles them from then on. */
  async #goOn(events: readonly PlacedEvent[], lane: LaneSummary | null): Promise<Stuck | null> {
    const left = lane ? await this.#queue(events, lane) : events;
    return left.length === 0 ? null : this.#handleInOrder(left);
  }

  /** @returns the events that are still to be handled: the lane was drained meanwhile. */
  async #queue(events: readonly PlacedEvent[], lane: LaneSummary): Promise<readonly PlacedEvent[]> {
    const { lanes, system } = this.#ports;
    const { consumer, run } = lane;
    const parkedAt = new Date(system.now()).toISOString();
    for (const [i, { event }] of events.entries()) {
      try {
        if (event.id === lane.event) await this.#tell(event, lane);
        const outcome = await lanes.queue({ consumer, run, event, parkedAt });
        if (outcome === 'closed') return events.slice(i);
        this.parked += 1;
      } catch (error) {
        this.#stopBefore(events.slice(i), error);
        return [];
      }
    }
    return [];
  }

  /** All at once and, where that fails, one by one up to the event that fails. */
  async #handleInOrder(events: readonly PlacedEvent[]): Promise<Stuck | null> {
    const together = await this.#handle(events);
    if (together === null) return null;
    if (events.length === 1) return { left: events, ...together };
    for (const [i, event] of events.entries()) {
      const alone = await this.#handle([event]);
      if (alone) return { left: events.slice(i), ...alone };
    }
    return null;
  }

  async #handle(placed: readonly PlacedEvent[]): Promise<Pick<Stuck, 'error'> | null> {
    const events = placed.map(({ event }) => event);
    const failed = await handOver(this.#ports, this.#consumer, events);
    if (failed === null) this.#handled += events.length;
    return failed;
  }

  async #park(event: SignalboxEvent, error: unknown): Promise<LaneSummary> {
    const { lanes, system, telemetry } = this.#ports;
    const parkedAt = new Date(system.now()).toISOString();
    const cause = laneCause(error);
    const entry = { consumer: this.#consumer.name, run: event.run, event, cause, parkedAt };
    const lane = await lanes.park(entry);
    telemetry.log('error', 'an event could not be handled and was parked', {
      run: event.run,
      event: event.id,
      type: event.type,
      error,
    });
    // Where another invocation has opened the lane with another event, this one is told of in its own words.
    await this.#tell(event, lane.event === event.id ? lane : laneSummary(entry, parkedAt));
    this.parked += 1;
    return lane;
  }

  async #tell(event: SignalboxEvent, lane: LaneSummary): Promise<void> {
    const told = parkedEvent(event, lane);
    if (told) await this.#ports.events.append([told]);
  }
}
