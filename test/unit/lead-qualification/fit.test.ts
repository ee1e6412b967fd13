import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aucOf, type Judged } from '../../../functions/lead-qualification/fit/auc.ts';
import { fitLogistic } from '../../../functions/lead-qualification/fit/fit-logistic.ts';

const judged = (...pairs: readonly (readonly [number, boolean])[]): readonly Judged[] =>
  pairs.map(([score, came]) => ({ score, came }));

describe('aucOf', () => {
  test.each([
    ['right every time', judged([1, false], [2, true], [3, true]), 1],
    ['wrong every time', judged([3, false], [2, true], [1, true]), 0],
    ['never more than a draw', judged([2, false], [2, true], [2, true]), 0.5],
    ['right in three pairs of four', judged([1, false], [2, true], [3, false], [4, true]), 0.75],
  ])('is, %s, %#', (_case, scores, auc) => {
    expect(aucOf(scores)).toBe(auc);
  });

  test('is the share of pairs in the right order, draws by half', () => {
    const score = fc.integer({ min: 0, max: 9 });
    const scores = (came: boolean) =>
      fc.array(fc.record({ score, came: fc.constant(came) }), { minLength: 1 });
    const property = fc.property(scores(true), scores(false), (came, not) => {
      const pairs = came.flatMap((a) => not.map((b) => (Math.sign(a.score - b.score) + 1) / 2));
      const share = pairs.reduce((sum, right) => sum + right, 0) / pairs.length;
      expect(aucOf([...came, ...not])).toBeCloseTo(share, 10);
      expect(aucOf([...not, ...came])).toBeCloseTo(share, 10);
    });
    void fc.assert(property);
  });
});

describe('fitLogistic', () => {
  /** A hundred rows at each of two values, of which so many came. */
  const rows = (came: readonly [number, number], scale = 1) =>
    came.flatMap((many, value) =>
      Array.from({ length: 100 }, (_, i) => ({ values: [value * scale, 7], came: i < many })),
    );
  const chance = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

  test('finds the shares that it is shown', () => {
    const { intercept, weights } = fitLogistic(rows([20, 70]));
    expect(chance(intercept)).toBeCloseTo(0.2, 1);
    expect(chance(intercept + (weights[0] ?? 0))).toBeCloseTo(0.7, 1);
  });

  test('gives a value that never differs no weight', () => {
    expect(fitLogistic(rows([20, 70])).weights[1]).toBe(0);
  });

  test('does not care in which unit a value is given', () => {
    const [one, thousandth] = [fitLogistic(rows([20, 70])), fitLogistic(rows([20, 70], 1000))];
    expect(thousandth.intercept).toBeCloseTo(one.intercept, 6);
    expect((thousandth.weights[0] ?? 0) * 1000).toBeCloseTo(one.weights[0] ?? 0, 6);
  });

  test('stays finite where a value tells all', () => {
    const { weights } = fitLogistic(rows([0, 100]));
    expect(weights[0]).toBeGreaterThan(2);
    expect(weights[0]).toBeLessThan(20);
  });
});
