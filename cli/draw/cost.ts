import type { Cost } from '#runtime/contracts/api.ts';
import { usdText } from '#runtime/contracts/money-text.ts';

/** `$0.0031`, `1204 tokens`: what model calls have cost and used, as far as it is known. */
export function costTexts({ usage, usd }: Cost): string[] {
  const tokens = usage ? usage.inputTokens + usage.outputTokens : 0;
  return [
    ...(usd === undefined ? [] : [usdText(usd)]),
    ...(tokens === 0 ? [] : [`${tokens} tokens`]),
  ];
}
