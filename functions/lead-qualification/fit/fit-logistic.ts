/**
 * Logistic regression with a ridge, by plain gradient descent.
 *
 * Boundary: pure; no chance in it, so the same rows give the same weights.
 */

export interface Example {
  readonly values: readonly number[];
  readonly came: boolean;
}

export interface Logistic {
  readonly intercept: number;
  /** In units of the values as they were given. */
  readonly weights: readonly number[];
}

/** Pulls weights of what is rarely seen towards 0; one on the scale of deviations, for all rows together. */
const RIDGE = 1;
/** After 6,000 no sixth digit of a weight moves any more. */
const STEPS = 6000;
/** Stable for standardized values as long as there are fewer than about 16 times this many. */
const RATE = 0.5;

/** @param examples at least one, all with as many values; those of a value that never differs get weight 0 */
export function fitLogistic(examples: readonly Example[]): Logistic {
  const scales = scalesOf(examples);
  const rows = examples.map(({ values, came }) => ({
    values: values.map((value, j) => standardized(value, scales[j])),
    target: came ? 1 : 0,
  }));
  let intercept = 0;
  let weights: readonly number[] = scales.map(() => 0);
  for (let step = 0; step < STEPS; step += 1) {
    const errors = rows.map(({ values, target }) => target - chance(intercept, weights, values));
    const share = RATE / rows.length;
    intercept += share * sum(errors);
    weights = weights.map((weight, j) => {
      const pull = rows.reduce((total, { values }, i) => total + at(values, j) * at(errors, i), 0);
      return weight + share * (pull - RIDGE * weight);
    });
  }
  return unscaled({ intercept, weights }, scales);
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

const standardized = (value: number, { mean, deviation }: Scale = { mean: 0, deviation: 1 }) =>
  deviation === 0 ? 0 : (value - mean) / deviation;

const chance = (intercept: number, weights: readonly number[], values: readonly number[]) =>
  1 /
  (1 + Math.exp(-weights.reduce((odds, weight, j) => odds + weight * at(values, j), intercept)));

/** The same model, for values that are not standardized. */
function unscaled(fitted: Logistic, scales: readonly Scale[]): Logistic {
  const weights = scales.map(({ deviation }, j) =>
    deviation === 0 ? 0 : at(fitted.weights, j) / deviation,
  );
  const shift = sum(scales.map(({ mean }, j) => at(weights, j) * mean));
  return { intercept: fitted.intercept - shift, weights };
}

const at = (values: readonly number[], index: number): number => values[index] ?? 0;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
