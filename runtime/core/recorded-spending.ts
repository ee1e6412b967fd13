import * as z from 'zod/mini';
import type { Spending } from '../contracts/budget.ts';
import type { CallRecord } from '../contracts/ledger.ts';

const Paid = z.object({
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
  usd: z.optional(z.number()),
});

/** What a recorded model call has spent; `null` when it came to no reply. */
export function recordedSpending({ events }: Pick<CallRecord, 'events'>): Spending | null {
  const succeeded = events.find(({ type }) => type === 'signalbox.call.succeeded');
  const paid = z.safeParse(Paid, succeeded?.data);
  if (!paid.success) return null;
  const { usage, usd = 0 } = paid.data;
  return { usd, tokens: usage.inputTokens + usage.outputTokens };
}
