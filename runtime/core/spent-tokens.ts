import * as z from 'zod/mini';
import type { CallRecord, DeadLetter } from '../contracts/ledger.ts';

type Tokens = NonNullable<DeadLetter['tokens']>;

const Usage = z.object({
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
});

/** What the calls of a step have spent, over all its attempts: every reply that came is on record. */
export const spentTokens = (calls: readonly CallRecord[]): Tokens =>
  calls
    .flatMap(({ events }) => events)
    .filter(({ type }) => type === 'signalbox.call.succeeded')
    .reduce<Tokens>(
      (sum, { data }) => {
        const spent = z.safeParse(Usage, data);
        return spent.success ? added(sum, spent.data.usage) : sum;
      },
      { inputTokens: 0, outputTokens: 0 },
    );

const added = (a: Tokens, b: Tokens): Tokens => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
});
