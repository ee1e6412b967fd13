/**
 * The provider as a line in which one call after the other begins: what the stories are judged against.
 *
 * Boundary: pure. Instants in seconds since the story began; capacity in calls.
 */
import type { Scenario } from './scenarios.ts';

/** What the provider takes in a second, from an instant on. */
interface Stretch {
  readonly from: number;
  readonly perSecond: number;
}

export class Capacity {
  readonly #stretches: readonly Stretch[];

  constructor(stretches: readonly Stretch[]) {
    this.#stretches = stretches;
  }

  static of({ turns, quietPerSecond }: Scenario): Capacity {
    const first = { from: 0, perSecond: 2 * quietPerSecond };
    const later = turns.map(({ atSecond, capacityPerSecond }) => ({
      from: atSecond,
      perSecond: capacityPerSecond,
    }));
    return new Capacity([first, ...later]);
  }

  /** Calls that it could have taken until an instant. */
  until(second: number): number {
    return this.#stretches.reduce((sum, { from, perSecond }, i) => {
      const to = Math.min(second, this.#stretches[i + 1]?.from ?? Number.POSITIVE_INFINITY);
      return sum + Math.max(0, to - from) * perSecond;
    }, 0);
  }

  /** When it has taken this many calls. */
  instantOf(calls: number): number {
    let before = 0;
    for (const [i, { from, perSecond }] of this.#stretches.entries()) {
      const to = this.#stretches[i + 1]?.from ?? Number.POSITIVE_INFINITY;
      const here = perSecond === 0 ? 0 : (to - from) * perSecond;
      if (perSecond > 0 && calls < before + here) return from + (calls - before) / perSecond;
      before += here;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** When each of these begins that come at these instants, in their order, one call each. */
  starts(arrivals: readonly number[]): readonly number[] {
    let free = 0;
    return arrivals.map((at) => {
      const place = Math.max(this.until(at), free);
      free = place + 1;
      // During an outage nothing begins, though the place is the same before it and after it.
      return Math.max(at, this.instantOf(place));
    });
  }

  /** Seconds that one who comes now waits behind those who came until now. */
  waitAt(second: number, arrivals: readonly number[]): number {
    const before = arrivals.filter((at) => at <= second);
    return (this.starts([...before, second]).at(-1) ?? second) - second;
  }
}
