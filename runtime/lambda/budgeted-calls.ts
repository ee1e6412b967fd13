/**
 * Model calls of an attempt whose run has a budget.
 *
 * Invariants
 * R7. A call begins once its worst case is reserved. What it came to is written with the next
 *     reservation, or at the attempt's end; what is not written counts with its worst case.
 */
import type { TokenCount } from '../contracts/api.ts';
import type { BudgetLimits, Spending } from '../contracts/budget.ts';
import { TerminalError } from '../contracts/errors.ts';
import { usdText } from '../contracts/money-text.ts';
import type { Spender } from '../core/budget.ts';
import type { Asked } from '../core/model-call.ts';
import { NOTHING, priceOf, spendingOf } from '../core/price.ts';
import { mostTokens } from '../core/token-estimate.ts';
import { isUnpaid } from '../core/unpaid.ts';
import type { Attempt } from './attempt.ts';
import type { BudgetParts, CallToPay } from './call-spending.ts';
import { RunBudget } from './run-budget.ts';

export class BudgetedCalls {
  readonly #attempt: Attempt;
  readonly #limits: BudgetLimits;
  readonly #budget: RunBudget;

  constructor(attempt: Attempt, { limits, budgets }: BudgetParts) {
    const { system, message, fence } = attempt.parts;
    const holder = { path: message.step.path, fence };
    this.#attempt = attempt;
    this.#limits = limits;
    this.#budget = new RunBudget({ limits, budgets, system, run: message.run.root, holder });
  }

  /** @throws TerminalError with `BUDGET_EXHAUSTED`; why no call may begin */
  async reserve({ call, ordinal, asked }: CallToPay): Promise<void> {
    const { signal, parts } = this.#attempt;
    this.#refuseUnpriced(asked);
    const most = this.#most(asked);
    const spent = await this.#budget.reserve(call, most, signal);
    if (spent) {
      const data = { call: asked.name, limit: this.#limits, spent, asked: most };
      parts.journal.add(this.#attempt.callEvent('signalbox.budget.exhausted', ordinal, data));
      throw new TerminalError(exhausted(asked, { limits: this.#limits, spent, most }), {
        code: 'BUDGET_EXHAUSTED',
      });
    }
    try {
      await parts.confirmRun(signal);
      this.#attempt.assertLive();
    } catch (why) {
      this.#budget.settle({ fence: parts.fence, call }, NOTHING);
      throw why;
    }
  }

  settle(spender: Omit<Spender, 'path'>, { model }: Asked, usage: TokenCount): void {
    this.#budget.settle(spender, spendingOf(usage, priceOf(this.#attempt.parts.pricing, model)));
  }

  fail({ call, asked }: CallToPay, thrown: unknown): void {
    const { fence } = this.#attempt.parts;
    this.#budget.settle({ fence, call }, isUnpaid(thrown) ? NOTHING : this.#most(asked));
  }

  async end(): Promise<void> {
    const { telemetry, message } = this.#attempt.parts;
    await this.#budget.end().catch((error: unknown) => {
      telemetry.log('warn', 'what calls came to could not be written: it counts as spent', {
        run: message.run.id,
        path: message.step.path,
        error,
      });
    });
  }

  #most(asked: Asked): Spending {
    return spendingOf(mostTokens(asked), priceOf(this.#attempt.parts.pricing, asked.model));
  }

  /** Dollars that cannot be counted cannot be kept within a limit. */
  #refuseUnpriced({ name, model }: Asked): void {
    if (this.#limits.usd === undefined || priceOf(this.#attempt.parts.pricing, model)) return;
    throw new TerminalError(
      `model call "${name}" asks ${model ?? "the stage's model"}, whose price the stage does not know, and the run has a budget in dollars; ask the stage's model, or limit the budget's tokens instead`,
    );
  }
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
  return `model call "${name}" may take ${text(most)}; of the run's budget of ${text(limits)}, ${text(spent)} are spent or reserved. Raise the budget in the workflow's contract and resume the run, or lower the call's maxOutputTokens (${maxOutputTokens}).`;
}
