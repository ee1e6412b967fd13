/**
 * What the model calls of an attempt cost: their prices, and the budget of their run when it has one.
 *
 * Invariants
 * R7. A call of a run with a budget begins once its worst case is reserved. What it came to is written
 *     with the next reservation, or at the attempt's end; what is not written counts with its worst case.
 * C1. A run without a budget costs no reads and no writes here, and loads none of the code for it.
 */
import type { TokenCount } from '../contracts/api.ts';
import type { BudgetLimits, Spending } from '../contracts/budget.ts';
import { TerminalError } from '../contracts/errors.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import { usdText } from '../contracts/money-text.ts';
import { lazy } from '../core/lazy.ts';
import type { Asked } from '../core/model-call.ts';
import { NOTHING, type Pricing, priceOf, spendingOf, usdOf } from '../core/price.ts';
import { mostTokens } from '../core/token-estimate.ts';
import { isUnpaid } from '../core/unpaid.ts';
import type { BudgetLedger } from '../ports.ts';
import type { Attempt } from './attempt.ts';

/** The budget of a run, where it has one. */
export interface BudgetParts {
  readonly limits: BudgetLimits;
  readonly budgets: BudgetLedger;
}

/** A call that is about to be made. */
export interface CallToPay {
  /** Its key in the ledger. */
  readonly call: string;
  /** Its number in the attempt. */
  readonly ordinal: number;
  readonly asked: Asked;
}

export class CallSpending {
  readonly #attempt: Attempt;
  readonly #loaded = lazy(() => this.#load());

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** What a reply to this cost, as events tell it: in dollars where the stage knows the model's price. */
  cost({ model }: Pick<Asked, 'model'>, { inputTokens, outputTokens }: TokenCount) {
    const price = priceOf(this.#pricing, model);
    const usage = { inputTokens, outputTokens };
    return { usage, ...(price && { usd: usdOf(usage, price) }) };
  }

  /**
   * Reserves the worst case of a call in the run's budget.
   * @throws TerminalError with `BUDGET_EXHAUSTED` when it does not fit any more; why no call may begin
   */
  async reserve({ call, ordinal, asked }: CallToPay): Promise<void> {
    const { parts, signal } = this.#attempt;
    if (!parts.budget) return;
    const { limits } = parts.budget;
    refuseUnpriced(asked, limits, this.#pricing);
    const most = this.#most(asked);
    const budget = await this.#loaded();
    const spent = await budget.reserve(call, most, signal);
    if (spent) {
      const data = { call: asked.name, limit: limits, spent, asked: most };
      parts.journal.add(this.#attempt.callEvent('signalbox.budget.exhausted', ordinal, data));
      throw new TerminalError(exhausted(asked, { limits, spent, most }), {
        code: 'BUDGET_EXHAUSTED',
      });
    }
    try {
      await parts.confirmRun(signal);
      this.#attempt.assertLive();
    } catch (why) {
      budget.settle({ fence: parts.fence, call }, NOTHING);
      throw why;
    }
  }

  /** A reply has come. */
  async settle({ call, asked }: CallToPay, usage: TokenCount): Promise<void> {
    const { fence } = this.#attempt.parts;
    await this.#note({ fence, call }, spendingOf(usage, priceOf(this.#pricing, asked.model)));
  }

  /** A reply was on record: a former holder made the call, and may not have come to settle it. */
  async settleRecorded(record: CallRecord, asked: Asked, usage: TokenCount): Promise<void> {
    await this.#note(record, spendingOf(usage, priceOf(this.#pricing, asked.model)));
  }

  /** No reply has come. */
  async fail({ call, asked }: CallToPay, thrown: unknown): Promise<void> {
    const { fence } = this.#attempt.parts;
    await this.#note({ fence, call }, isUnpaid(thrown) ? NOTHING : this.#most(asked));
  }

  /** Writes what is not written yet. Where that fails, it counts as spent. */
  async end(): Promise<void> {
    const { budget, telemetry, message } = this.#attempt.parts;
    if (!budget) return;
    const own = await this.#loaded();
    await own.end().catch((error: unknown) => {
      telemetry.log('warn', 'what calls came to could not be written: it counts as spent', {
        run: message.run.id,
        path: message.step.path,
        error,
      });
    });
  }

  async #note({ fence, call }: Pick<CallRecord, 'fence' | 'call'>, spent: Spending): Promise<void> {
    if (!this.#attempt.parts.budget) return;
    (await this.#loaded()).settle({ fence, call }, spent);
  }

  async #load() {
    const { budget, system, message, fence } = this.#attempt.parts;
    if (!budget) throw new TypeError(`run ${message.run.id} has no budget`);
    const { RunBudget } = await import('./run-budget.ts');
    const holder = { path: message.step.path, fence };
    return new RunBudget({ ...budget, system, run: message.run.root, holder });
  }

  #most(asked: Asked): Spending {
    return spendingOf(mostTokens(asked), priceOf(this.#pricing, asked.model));
  }

  get #pricing(): Pricing | null {
    return this.#attempt.parts.pricing;
  }
}

/** Dollars that cannot be counted cannot be kept within a limit. */
function refuseUnpriced(asked: Asked, limits: BudgetLimits, pricing: Pricing | null): void {
  if (limits.usd === undefined || priceOf(pricing, asked.model)) return;
  throw new TerminalError(
    `model call "${asked.name}" asks ${asked.model ?? "the stage's model"}, whose price the stage does not know, and the run has a budget in dollars; ask the stage's model, or limit the budget's tokens instead`,
  );
}

function exhausted(
  { name, maxOutputTokens }: Asked,
  { limits, spent, most }: { limits: BudgetLimits; spent: Spending; most: Spending },
): string {
  const text = ({ usd, tokens }: BudgetLimits): string =>
    [
      ...(limits.usd !== undefined && usd !== undefined ? [usdText(usd)] : []),
      ...(limits.tokens !== undefined && tokens !== undefined ? [`${tokens} tokens`] : []),
    ].join(' and ');
  return `model call "${name}" could spend up to ${text(most)}, and of the run's budget of ${text(limits)} already ${text(spent)} are spent or reserved; raise the budget in the workflow's contract and resume the run, or lower the call's maxOutputTokens (${maxOutputTokens})`;
}
