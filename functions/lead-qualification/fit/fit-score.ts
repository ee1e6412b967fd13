/**
 * Makes the score's model from customers, and judges it by others.
 *
 * Boundary: pure; `main.ts` reads and writes files.
 */
import type { Customer } from '../../../data/leads/customers.ts';
import { NUMBERS, numbersOf, type ScoreModel, scoreOf } from '../score.ts';
import { aucOf } from './auc.ts';
import { fitLogistic } from './fit-logistic.ts';

/** Neither half knows the other: odd rows teach, even rows judge. */
export const halvesOf = (customers: readonly Customer[]) => ({
  teaching: customers.filter(({ number }) => number % 2 === 1),
  judging: customers.filter(({ number }) => number % 2 === 0),
});

export function fitScore(customers: readonly Customer[]): ScoreModel {
  const sources = [...new Set(customers.map(({ lead }) => lead.source))]
    .filter((source) => source !== 'none')
    .sort();
  const { intercept, weights } = fitLogistic(
    customers.map(({ lead, history, purchased }) => {
      const numbers = numbersOf(lead, history);
      return {
        values: [
          ...NUMBERS.map((name) => numbers[name] ?? 0),
          ...sources.map((source) => Number(source === lead.source)),
        ],
        came: purchased,
      };
    }),
  );
  const meanOf = (name: NumberName): number =>
    customers.reduce((sum, { lead, history }) => sum + (numbersOf(lead, history)[name] ?? 0), 0) /
    customers.length;
  const weightOf = (name: NumberName): number => weights[NUMBERS.indexOf(name)] ?? 0;
  const number = (name: NumberName) => ({
    weight: rounded(weightOf(name)),
    mean: rounded(meanOf(name)),
  });
  return {
    // That of the fit is for a lead of which all numbers are 0; this one is for a mean lead.
    intercept: rounded(
      NUMBERS.reduce((sum, name) => sum + weightOf(name) * meanOf(name), intercept),
    ),
    numbers: {
      isInUs: number('isInUs'),
      ordersOnline: number('ordersOnline'),
      isResidential: number('isResidential'),
      purchases: number('purchases'),
      daysSinceFirstUpdate: number('daysSinceFirstUpdate'),
      daysSinceLastUpdate: number('daysSinceLastUpdate'),
    },
    sources: Object.fromEntries(
      sources.map((source, i) => [source, rounded(weights[NUMBERS.length + i] ?? 0)]),
    ),
  };
}

type NumberName = (typeof NUMBERS)[number];

export interface Verdict {
  readonly rows: number;
  readonly auc: number;
  /** Of a score that is chance. */
  readonly chanceAuc: 0.5;
  /** Of ranking by the number of earlier purchases alone, which needs no model. */
  readonly purchasesAuc: number;
}

export const judge = (model: ScoreModel, customers: readonly Customer[]): Verdict => ({
  rows: customers.length,
  auc: auc(customers, ({ lead, history }) => scoreOf(model, lead, history)),
  chanceAuc: 0.5,
  purchasesAuc: auc(customers, ({ history }) => history.purchases),
});

const auc = (customers: readonly Customer[], score: (customer: Customer) => number): number =>
  aucOf(customers.map((customer) => ({ score: score(customer), came: customer.purchased })));

/** Six decimals: other processors may differ in the last digits, and the file must not. */
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
