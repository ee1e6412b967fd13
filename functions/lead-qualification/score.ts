/**
 * How probable a purchase is: a logistic model of a few numbers.
 *
 * Boundary: pure; a lead in, a score out. `fit/` makes the model from the same numbers, so that it is
 * asked what it was taught.
 */
import type { Grade, History, Lead } from './contracts.ts';

/** Weights of log-odds. */
export interface ScoreModel {
  readonly intercept: number;
  /** By list; one that the model has not seen weighs nothing, as no list does. */
  readonly sources: Readonly<Record<string, number>>;
  readonly numbers: Readonly<Record<keyof LeadNumbers, NumberWeight>>;
}

interface NumberWeight {
  readonly weight: number;
  /** Taken off the value first; stands in for a value that is unknown. */
  readonly mean: number;
}

/** `null` where nothing is known. */
export interface LeadNumbers {
  readonly isInUs: number;
  readonly ordersOnline: number;
  readonly isResidential: number;
  readonly purchases: number | null;
  readonly daysSinceFirstUpdate: number | null;
  readonly daysSinceLastUpdate: number | null;
}

export const NUMBERS = [
  'isInUs',
  'ordersOnline',
  'isResidential',
  'purchases',
  'daysSinceFirstUpdate',
  'daysSinceLastUpdate',
] as const satisfies readonly (keyof LeadNumbers)[];

export const numbersOf = (lead: Lead, history: History | null): LeadNumbers => ({
  isInUs: Number(lead.country === 'us'),
  ordersOnline: Number(lead.ordersOnline),
  isResidential: Number(lead.address === 'residential'),
  purchases: history?.purchases ?? null,
  daysSinceFirstUpdate: history?.daysSinceFirstUpdate ?? null,
  daysSinceLastUpdate: history?.daysSinceLastUpdate ?? null,
});

/** 0 to 1, to four digits: the model does not know more. */
export function scoreOf(model: ScoreModel, lead: Lead, history: History | null): number {
  const numbers = numbersOf(lead, history);
  const logOdds = NUMBERS.reduce((sum, name) => {
    const { weight, mean } = model.numbers[name];
    return sum + weight * ((numbers[name] ?? mean) - mean);
  }, model.intercept + sourceWeight(model, lead.source));
  return Math.round(1e4 / (1 + Math.exp(-logOdds))) / 1e4;
}

const sourceWeight = ({ sources }: ScoreModel, source: string): number =>
  Object.hasOwn(sources, source) ? (sources[source] ?? 0) : 0;

/** Of the leads that the model was made from, 28 % are hot, and 93 % of these bought; 34 % are cold, and 10 % of these bought. */
const HOT = 0.8;
const WARM = 0.3;

export function gradeOf(score: number): Grade {
  if (score >= HOT) return 'hot';
  return score >= WARM ? 'warm' : 'cold';
}
