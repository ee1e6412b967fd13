/**
 * Events of a run, read again from where they were recorded first: the inbox, if they came from outside,
 * or the calls of the step that emitted them. What the reader has in hand is not read.
 */
import { SignalboxError } from '../../contracts/errors.ts';
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { EventReference, ReactionsRecord } from '../../contracts/reactions.ts';
import { EMIT_PREFIX, emitCall } from '../../core/emit-call.ts';
import { isDomainEvent } from '../../core/react/relevant.ts';
import type { ReactPorts } from './react-ports.ts';

/** An event that a reaction needs is not on record any more. */
export class EventGoneError extends SignalboxError {
  override readonly name = 'EventGoneError';
  readonly code = 'EVENT_GONE';
}

type ReadPorts = Pick<ReactPorts, 'calls' | 'inbox'>;

export class RecordedEvents {
  readonly #ports: ReadPorts;
  readonly #known: Map<string, SignalboxEvent>;

  constructor(ports: ReadPorts, inHand: readonly SignalboxEvent[]) {
    this.#ports = ports;
    this.#known = new Map(inHand.map((event) => [event.id, event]));
  }

  /** Every domain event that a step has emitted, over all attempts. */
  async emittedBy(run: string, path: string): Promise<readonly SignalboxEvent[]> {
    const calls = await this.#ports.calls.list({ run, path, prefix: EMIT_PREFIX });
    const events = calls.flatMap((call) => call.events).filter(isDomainEvent);
    for (const event of events) this.#known.set(event.id, event);
    return events;
  }

  /** @throws EventGoneError */
  async dataOf({ envelope }: ReactionsRecord, event: EventReference): Promise<unknown> {
    const found = this.#known.get(event.id) ?? (await this.#read(envelope, event));
    if (found) return found.data;
    throw new EventGoneError(
      `event ${event.id} (${event.type}) of run ${envelope.id} is not on record any more, and a reaction needs its data`,
    );
  }

  async #read(
    { id: run, gen }: ReactionsRecord['envelope'],
    { id, type, emitted }: EventReference,
  ): Promise<SignalboxEvent | null> {
    if (!emitted) return this.#ports.inbox.read({ run, id });
    const { path, ...emission } = emitted;
    const call = await this.#ports.calls.read({
      run,
      path,
      call: emitCall({ type, gen, ...emission }),
    });
    return call?.events.find((event) => event.id === id) ?? null;
  }
}
