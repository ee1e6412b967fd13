import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import type { LaneStore } from '#runtime/ports.ts';
import type { Evidence } from '../evidence.ts';

/** Lanes in memory, and a witness of what they hold. */
export class WitnessedLanes {
  readonly #memory = new MemoryLaneStore();
  readonly #evidence: Evidence;
  /** Entries that were not taken out: consumer, run, event. */
  readonly open = new Set<string>();

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
  }

  isOpenFor(consumer: string): boolean {
    return [...this.open].some((entry) => entry.startsWith(`${consumer} `));
  }

  /** The lanes, as `by` uses them. */
  port(by: string): LaneStore {
    const memory = this.#memory;
    const enter = (entry: Pick<Parked, 'consumer' | 'run' | 'event'>, isCause: boolean): void => {
      const { consumer, run, event } = entry;
      this.open.add(`${consumer} ${run} ${event.id}`);
      this.#evidence.add(by, { kind: 'laid-aside', consumer, run, event: event.id, isCause });
    };
    return {
      openOf: (query) => memory.openOf(query),
      oldest: (query) => memory.oldest(query),
      list: (query) => memory.list(query),
      blame: (entry, cause) => memory.blame(entry, cause),
      park: async (entry) => {
        const lane = await memory.park(entry);
        enter(entry, true);
        return lane;
      },
      queue: async (entry) => {
        const outcome = await memory.queue(entry);
        if (outcome === 'queued') enter(entry, false);
        return outcome;
      },
      remove: async (entry) => {
        await memory.remove(entry);
        this.open.delete(`${entry.consumer} ${entry.run} ${entry.event.id}`);
      },
    };
  }
}

type Parked = Parameters<LaneStore['park']>[0];
