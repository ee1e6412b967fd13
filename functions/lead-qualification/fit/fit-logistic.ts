/**
 * Logistic regression with a ridge, by Newton's method.
 *
 * Boundary: pure; no chance in it, so the same rows give the same weights.
 */
import { solve } from './solve.ts';

export interface Example {
  readonly values: readonly number[];
  readonly came: boolean;
}

export interface Logistic {
  readonly intercept: number;
  /** In units of the values as they were given. */
  readonly weights: readonly number[];
}

/** Pulls weights of what is rarely seen towards 0; of squared weights of standardized values, beside the loss of all rows. */
const RIDGE = 1;
/** Each doubles the digits that are right; after eight no sixth one moves any more. */
const ROUNDS = 12;

/** @param examples at least one that came and one that did not, all with as many values; one that never differs gets weight 0 */
export function fitLogistic(examples: readonly Example[]): Logistic {
  const scales = scalesOf(examples);
  const rows = examples.map(({ values, came }) => ({
    // The intercept is the weight of a value that is always 1.
    values: [1, ...scales.map((scale, j) => standardized(at(values, j), scale))],
    target: came ? 1 : 0,
  }));
  let weights: readonly number[] = [0, ...scales.map(() => 0)];
  for (let round = 0; round < ROUNDS; round += 1) {
    const step = newtonStep(rows, weights);
    weights = weights.map((weight, j) => weight + at(step, j));
  }
  return unscaled(weights, scales);
}

interface Row {
  readonly values: readonly number[];
  readonly target: number;
}

/** Where the loss would be least if it were the parabola that it looks like from here. */
function newtonStep(rows: readonly Row[], weights: readonly number[]): readonly number[] {
  const gradient = weights.map((weight, j) => (j === 0 ? 0 : -RIDGE * weight));
  const curvature = weights.map((_, j) =>
    weights.map((__, k): number => (j > 0 && j === k ? RIDGE : 0)),
  );
  for (const { values, target } of rows) {
    const odds = sum(weights.map((weight, j) => weight * at(values, j)));
    const chance = 1 / (1 + Math.exp(-odds));
    const spread = chance * (1 - chance);
    for (const [j, value] of values.entries()) {
      gradient[j] = at(gradient, j) + (target - chance) * value;
      const line = curvature[j] ?? [];
      for (const [k, other] of values.entries()) line[k] = at(line, k) + spread * value * other;
    }
  }
  return solve(curvature, gradient);
}

interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

function scalesOf(examples: readonly Example[]): readonly Scale[] {
  const width = examples[0]?.values.length ?? 0;
  return Array.from({ length: width }, (_, j) => {
    const column = examples.map(({ values }) => at(values, j));
    const mean = sum(column) / column.length;
    const deviation = Math.sqrt(sum(column.map((value) => (value - mean) ** 2)) / column.length);
    return { mean, deviation };
  });
}

const standardized = (value: number, { mean, deviation }: Scale): number =>
  deviation === 0 ? 0 : (value - mean) / deviation;

/** The same model, for values that are not standardized. */
function unscaled([intercept = 0, ...fitted]: readonly number[], scales: readonly Scale[]) {
  const weights = scales.map(({ deviation }, j) =>
    deviation === 0 ? 0 : at(fitted, j) / deviation,
  );
  const shift = sum(scales.map(({ mean }, j) => at(weights, j) * mean));
  return { intercept: intercept - shift, weights };
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
