/**
 * What model calls cost, and what they may cost at most.
 *
 * Boundary: pure. Prices are the stage's configuration.
 * Invariant P1: a price is one model's: of a call that names another model nothing is known.
 */

import * as z from 'zod/mini';
import type { TokenCount } from '../contracts/api.ts';
import { type ModelPrice, ModelPriceSchema, type Spending } from '../contracts/budget.ts';
import { EnvironmentError } from '../contracts/errors.ts';
import { parseJson } from './parse-json.ts';
import { roundedUsd } from './usd.ts';

/** The stage's model, and its price as far as it is known. */
export interface Pricing {
  /** As the provider spells it. */
  readonly model: string;
  readonly price: ModelPrice | null;
}

/**
 * The pricing of a function's environment.
 * @param text JSON (environment variable MODEL_USD_PER_MILLION_TOKENS)
 * @throws EnvironmentError when it is no price
 */
export function pricingOf(model: string, text: string | undefined): Pricing {
  if (text === undefined) return { model, price: null };
  const price = z.safeParse(ModelPriceSchema, parseJson(text));
  if (price.success) return { model, price: price.data };
  throw new EnvironmentError(
    `MODEL_USD_PER_MILLION_TOKENS is ${text}; allowed: JSON like {"input":1,"output":5}, dollars for a million tokens`,
  );
}

/** @param model that the call names; the stage's when it names none */
export const priceOf = (pricing: Pricing | null, model?: string): ModelPrice | null =>
  pricing && (model === undefined || model === pricing.model) ? pricing.price : null;

export const NOTHING: Spending = { usd: 0, tokens: 0 };

const PER_MILLION = 1_000_000;

export const usdOf = ({ inputTokens, outputTokens }: TokenCount, price: ModelPrice): number =>
  roundedUsd((inputTokens * price.input + outputTokens * price.output) / PER_MILLION);

/** Without a price, dollars are not counted. */
export const spendingOf = (used: TokenCount, price: ModelPrice | null): Spending => ({
  usd: price ? usdOf(used, price) : 0,
  tokens: used.inputTokens + used.outputTokens,
});
