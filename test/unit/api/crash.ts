import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';

/** Where a request dies: at one of the things that it does outside, before or after it took effect. */
export class Crash {
  #at: number | null = null;
  #when: 'before' | 'after' = 'before';
  /** Things done outside since `arm` or `count`. */
  done = 0;

  /** The `at`-th thing from now on is the last one of its request. */
  arm(at: number, when: 'before' | 'after'): void {
    this.done = 0;
    this.#at = at;
    this.#when = when;
  }

  /** From now on things are counted, and nothing dies. */
  count(): void {
    this.done = 0;
    this.#at = null;
  }

  /** The API with everything that it writes at risk. */
  readonly around = (real: ApiDependencies): ApiDependencies => ({
    ...real,
    runs: { ...real.runs, put: this.#risky((write) => real.runs.put(write)) },
    dueRuns: {
      put: this.#risky((entry) => real.dueRuns.put(entry)),
      due: (query) => real.dueRuns.due(query),
      remove: (entry) => real.dueRuns.remove(entry),
    },
    orchestrator: {
      start: this.#risky((run) => real.orchestrator.start(run)),
      stop: this.#risky((execution) => real.orchestrator.stop(execution)),
      describe: (execution) => real.orchestrator.describe(execution),
    },
    inbox: {
      put: this.#risky((event) => real.inbox.put(event)),
      read: (key) => real.inbox.read(key),
      list: (run) => real.inbox.list(run),
    },
    events: { append: this.#risky((events) => real.events.append(events)) },
  });

  #risky<A extends unknown[], R>(act: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
    return async (...args) => {
      this.done += 1;
      const isHere = this.done === this.#at;
      if (isHere && this.#when === 'before') throw new RangeError('crashed');
      const result = await act(...args);
      if (isHere) throw new RangeError('crashed');
      return result;
    };
  }
}

/** Every way in which a request that does so many things outside can die. */
export const deaths = (things: number) =>
  Array.from({ length: things }, (_, i) => i + 1).flatMap((at) =>
    (['before', 'after'] as const).map((when) => ({ at, when })),
  );
