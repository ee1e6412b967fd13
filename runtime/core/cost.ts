import type { Cost, TokenCount } from '../contracts/api.ts';
import type { CallHistory } from './call-history.ts';
import { sumUsd } from './usd.ts';

const NO_TOKENS: TokenCount = { inputTokens: 0, outputTokens: 0 };

/** What calls have used and cost, as far as replies came: what a lost worker's call has cost, nobody knows. */
export function costOf(calls: readonly Pick<CallHistory, 'usage' | 'usd'>[]): Cost {
  const replied = calls.filter(({ usage }) => usage !== undefined);
  if (replied.length === 0) return {};
  const usd = sumUsd(replied.map((call) => call.usd));
  return { usage: sumTokens(replied.map(({ usage }) => usage)), ...(usd !== undefined && { usd }) };
}

export const sumTokens = (counts: readonly (TokenCount | undefined)[]): TokenCount =>
  counts.reduce<TokenCount>(
    (total, count = NO_TOKENS) => ({
      inputTokens: total.inputTokens + count.inputTokens,
      outputTokens: total.outputTokens + count.outputTokens,
    }),
    NO_TOKENS,
  );
