import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { Outbox } from '#runtime/ports.ts';
import type { Evidence } from './evidence.ts';

/** The outbox in memory, and a witness of what it keeps. */
export class WitnessedOutbox {
  readonly #memory = new MemoryOutbox();
  readonly #evidence: Evidence;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  get size(): number {
    return this.#memory.events.length;
  }

  /** The outbox, as `by` uses it. */
  port(by: string): Outbox {
    return {
      put: async (events) => {
        await this.#memory.put(events);
        const kept: SignalboxEvent[] = JSON.parse(JSON.stringify(events));
        this.#evidence.add(by, { kind: 'kept', events: kept });
      },
      oldest: (limit) => this.#memory.oldest(limit),
      remove: (events) => this.#memory.remove(events),
    };
  }
}
