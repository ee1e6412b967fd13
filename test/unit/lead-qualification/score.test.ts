import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readCustomers } from '../../../data/leads/customers.ts';
import { leadsCsv } from '../../../data/leads/leads-csv.ts';
import { fitScore, halvesOf, judge } from '../../../functions/lead-qualification/fit/fit-score.ts';
import { gradeOf, type ScoreModel, scoreOf } from '../../../functions/lead-qualification/score.ts';
import bundled from '../../../functions/lead-qualification/score-model.json' with { type: 'json' };

const customers = readCustomers();
const { teaching, judging } = halvesOf(customers);

describe('the leads', () => {
  test('are the 2,000 of the file, of whom half bought', () => {
    expect(customers).toHaveLength(2000);
    expect(customers.filter(({ purchased }) => purchased)).toHaveLength(1000);
    expect(new Set(customers.map(({ lead }) => lead.leadId)).size).toBe(2000);
    expect(customers.filter(({ lead }) => lead.source === 'none')).toHaveLength(90);
  });

  test('read as they are written', () => {
    expect(customers[3]).toEqual({
      number: 4,
      lead: {
        leadId: 'tayko-4',
        country: 'us',
        source: 'c',
        ordersOnline: false,
        address: 'business',
      },
      history: { purchases: 1, daysSinceFirstUpdate: 829, daysSinceLastUpdate: 829 },
      purchased: false,
    });
  });

  test('are in leads.csv as make-leads.ts writes them', () => {
    expect(readFileSync('data/leads/leads.csv', 'utf8')).toBe(leadsCsv());
  });
});

describe('the score', () => {
  test('ranks leads that the model has not seen far better than their purchases alone', () => {
    const { rows, auc, purchasesAuc } = judge(bundled, judging);
    expect(rows).toBe(1000);
    expect(auc).toBeGreaterThan(0.89);
    expect(purchasesAuc).toBeCloseTo(0.792, 3);
  });

  test('is bundled as the fit makes it from the other half', () => {
    expect(bundled).toEqual(fitScore(teaching));
  });

  test('says of each grade what is bought in it', () => {
    const shareOf = (grade: string): number => {
      const graded = judging.filter(
        ({ lead, history }) => gradeOf(scoreOf(bundled, lead, history)) === grade,
      );
      return graded.filter(({ purchased }) => purchased).length / graded.length;
    };
    expect(shareOf('hot')).toBeGreaterThan(0.8);
    expect(shareOf('cold')).toBeLessThan(0.2);
  });
});

describe('scoreOf', () => {
  const number = (weight: number, mean = 0) => ({ weight, mean });
  const model: ScoreModel = {
    intercept: 0.5,
    sources: { a: 1 },
    numbers: {
      isInUs: number(0),
      ordersOnline: number(2, 0.5),
      isResidential: number(0),
      purchases: number(1, 3),
      daysSinceFirstUpdate: number(0, 100),
      daysSinceLastUpdate: number(-0.01, 50),
    },
  };
  const lead = {
    leadId: 'l-1',
    country: 'us',
    source: 'a',
    ordersOnline: true,
    address: 'business',
  } as const;
  const history = { purchases: 5, daysSinceFirstUpdate: 0, daysSinceLastUpdate: 150 };
  const chance = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));

  test('adds up what is known, each beside its mean', () => {
    const logOdds = 0.5 + 1 + 2 * 0.5 + 1 * 2 - 0.01 * 100;
    expect(scoreOf(model, lead, history)).toBeCloseTo(chance(logOdds), 4);
  });

  test('takes a lead without a history for one with a mean history', () => {
    expect(scoreOf(model, lead, null)).toBeCloseTo(chance(0.5 + 1 + 2 * 0.5), 4);
  });

  test.each(['none', 'zz', 'constructor'])('gives the list "%s" no weight', (source) => {
    const without = scoreOf(model, { ...lead, source }, history);
    expect(without).toBeCloseTo(chance(0.5 + 2 * 0.5 + 2 - 1), 4);
  });
});
