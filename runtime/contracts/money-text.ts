/** Dollars from here on are shown with two decimals. */
const WHOLE = 1;

/** `$0`, `$0.0031`, `$0.52`, `$12.40`: below a dollar, two digits that count. */
export function usdText(usd: number): string {
  if (usd <= 0) return '$0';
  if (usd >= WHOLE) return `$${usd.toFixed(2)}`;
  const decimals = 1 - Math.floor(Math.log10(usd));
  return `$${usd.toFixed(Math.min(9, Math.max(2, decimals)))}`;
}
