/** Budgets: the most that a run tree may spend. Shapes only; `core/budget.ts` decides. */
import * as z from 'zod/mini';

/** At least one of the two. */
export interface BudgetLimits {
  readonly usd?: number;
  /** Input and output tokens together. */
  readonly tokens?: number;
}

export interface Spending {
  readonly usd: number;
  readonly tokens: number;
}

/** The budget of a run tree as it is stored, beside the root's control record. */
export interface BudgetRecord {
  /** The root run. */
  readonly run: string;
  readonly rev: number;
  readonly limits: BudgetLimits;
  /** Settled. */
  readonly spent: Spending;
  /** By the step's holder and its call: `<path>#<fence>/<call key>`. What is reserved and not settled counts as spent. */
  readonly reserved: Readonly<Record<string, Spending>>;
}

const usd = z.number().check(z.nonnegative());

/** US dollars for a million tokens. */
export const ModelPriceSchema = z.readonly(z.strictObject({ input: usd, output: usd }));
export type ModelPrice = z.infer<typeof ModelPriceSchema>;
