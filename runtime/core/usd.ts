/** Dollars to a billionth, so that sums do not drift. */
export const roundedUsd = (usd: number): number => Math.round(usd * 1e9) / 1e9;

/** The sum of what is known; `undefined` when nothing is. */
export function sumUsd(amounts: readonly (number | undefined)[]): number | undefined {
  const known = amounts.filter((amount) => amount !== undefined);
  return known.length === 0 ? undefined : roundedUsd(known.reduce((sum, usd) => sum + usd, 0));
}
