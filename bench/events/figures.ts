/** Figures of what was seen of a consumer. Boundary: pure. */

/** A checkpoint at some moment. */
export interface Moment {
  readonly sequence: string;
  /** When it was written, by the consumer's clock; epoch milliseconds. */
  readonly atMs: number;
  /** Events handled until then. */
  readonly handled: number;
  /** Events that could not be handled, and were put aside. */
  readonly parked: number;
}

/** A record that was put into the stream. */
export interface Put {
  readonly sequence: string;
  readonly atMs: number;
}

/**
 * Events per second between the first checkpoint and the last one: starting up is not counted.
 * `NaN` where all was done with the first one.
 */
export function perSecond(moments: readonly Moment[]): number {
  const [first, last] = [moments[0], moments.at(-1)];
  if (!first || !last || last.atMs === first.atMs) return Number.NaN;
  return (1000 * (last.handled - first.handled)) / (last.atMs - first.atMs);
}

/** Seconds from a record's arrival to the first checkpoint that is past it; those that none is past are left out. */
export const lagSeconds = (puts: readonly Put[], moments: readonly Moment[]): readonly number[] =>
  puts.flatMap(({ sequence, atMs }) => {
    const past = moments.find((moment) => BigInt(moment.sequence) >= BigInt(sequence));
    return past ? [Math.max(0, past.atMs - atMs) / 1000] : [];
  });

/** @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
