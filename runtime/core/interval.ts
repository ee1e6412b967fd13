/** From, until; epoch milliseconds. */
export type Interval = readonly [number, number];

/** 0 for one that clocks which differ have turned round. */
export const lengthOf = ([from, until]: Interval): number => Math.max(0, until - from);

/** How much of `within` the intervals cover together; overlaps count once. */
export function coveredMs(intervals: readonly Interval[], within: Interval): number {
  const ordered = [...intervals].sort((a, b) => a[0] - b[0]);
  let [coveredUntil, total] = [within[0], 0];
  for (const [from, until] of ordered) {
    const begin = Math.max(from, coveredUntil);
    const end = Math.min(until, within[1]);
    if (end <= begin) continue;
    total += end - begin;
    coveredUntil = end;
  }
  return total;
}
