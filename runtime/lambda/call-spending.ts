import type { TokenCount } from '../contracts/api.ts';
import type { BudgetLimits } from '../contracts/budget.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import { lazy } from '../core/lazy.ts';
import type { Asked } from '../core/model-call.ts';
import { priceOf, usdOf } from '../core/price.ts';
import type { BudgetLedger } from '../ports.ts';
import type { Attempt } from './attempt.ts';
import type { BudgetedCalls } from './budgeted-calls.ts';

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

/**
 * What the model calls of an attempt cost. In a run without a budget that costs no reads and no writes,
 * and loads none of the code for it.
 */
export class CallSpending {
  readonly #attempt: Attempt;
  readonly #loaded = lazy(() => this.#load());

  constructor(attempt: Attempt) {
    this.#attempt = attempt;
  }

  /** What a reply to this cost, as events tell it: in dollars where the stage knows the model's price. */
  cost({ model }: Pick<Asked, 'model'>, { inputTokens, outputTokens }: TokenCount) {
    const price = priceOf(this.#attempt.parts.pricing, model);
    const usage = { inputTokens, outputTokens };
    return { usage, ...(price && { usd: usdOf(usage, price) }) };
  }

  /**
   * Reserves the worst case of a call in the run's budget.
   * @throws TerminalError with `BUDGET_EXHAUSTED` when it does not fit any more; why no call may begin
   */
  async reserve(toPay: CallToPay): Promise<void> {
    await (await this.#loaded())?.reserve(toPay);
  }

  /** A reply has come. */
  async settle({ call, asked }: CallToPay, usage: TokenCount): Promise<void> {
    const { fence } = this.#attempt.parts;
    (await this.#loaded())?.settle({ fence, call }, asked, usage);
  }

  /** A reply was on record: a former holder made the call, and may not have come to settle it. */
  async settleRecorded(record: CallRecord, asked: Asked, usage: TokenCount): Promise<void> {
    (await this.#loaded())?.settle(record, asked, usage);
  }

  /** No reply has come. */
  async fail(toPay: CallToPay, thrown: unknown): Promise<void> {
    (await this.#loaded())?.fail(toPay, thrown);
  }

  /** Writes what is not written yet. Where that fails, it counts as spent. */
  async end(): Promise<void> {
    await (await this.#loaded())?.end();
  }

  /** `null` in a run without a budget. */
  async #load(): Promise<BudgetedCalls | null> {
    const { budget } = this.#attempt.parts;
    if (!budget) return null;
    const { BudgetedCalls } = await import('./budgeted-calls.ts');
    return new BudgetedCalls(this.#attempt, budget);
  }
}
