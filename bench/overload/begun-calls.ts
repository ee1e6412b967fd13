/**
 * How many calls the provider had begun at which instant.
 *
 * Boundary: pure; between two looks at its counters they grow evenly. Instants in seconds since the story
 * began.
 */
import type { CallSample } from './story.ts';

type Count = Pick<CallSample, 'at' | 'begun'>;

const NONE: Count = { at: 0, begun: 0 };

export class BegunCalls {
  readonly #counts: readonly Count[];

  /** @param counts in their order */
  constructor(counts: readonly Count[]) {
    this.#counts = counts;
  }

  /** What it had begun; after the last look, what it had begun then. */
  until(second: number): number {
    const next = this.#counts.findIndex(({ at }) => at > second);
    if (next < 0) return this.#counts.at(-1)?.begun ?? 0;
    const [before, after] = this.#around(next);
    return (
      before.begun + ((second - before.at) / (after.at - before.at)) * (after.begun - before.begun)
    );
  }

  /** When it had begun so many; `Infinity`: that was never seen. */
  instantOf(calls: number): number {
    const next = this.#counts.findIndex(({ begun }) => begun >= calls);
    if (next < 0) return Number.POSITIVE_INFINITY;
    const [before, after] = this.#around(next);
    if (after.begun === before.begun) return after.at;
    return (
      before.at + ((calls - before.begun) / (after.begun - before.begun)) * (after.at - before.at)
    );
  }

  #around(next: number): readonly [before: Count, after: Count] {
    return [this.#counts[next - 1] ?? NONE, this.#counts[next] ?? NONE];
  }
}
