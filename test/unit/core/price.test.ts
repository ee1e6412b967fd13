import { describe, expect, test } from 'vitest';
import { usdText } from '#runtime/contracts/money-text.ts';
import { priceOf, spendingOf, usdOf } from '#runtime/core/price.ts';
import { mostTokens } from '#runtime/core/token-estimate.ts';
import { sumUsd } from '#runtime/core/usd.ts';

const PRICE = { input: 1, output: 5 };
const PRICING = { model: 'small', price: PRICE };

test('a price is one model’s, and the stage’s when a call names none (P1)', () => {
  expect(priceOf(PRICING)).toBe(PRICE);
  expect(priceOf(PRICING, 'small')).toBe(PRICE);
  expect(priceOf(PRICING, 'large')).toBeNull();
  expect(priceOf(null)).toBeNull();
});

test('input and output have their own prices', () => {
  expect(usdOf({ inputTokens: 1000, outputTokens: 200 }, PRICE)).toBe(0.002);
  expect(spendingOf({ inputTokens: 3, outputTokens: 1 }, PRICE)).toEqual({
    usd: 0.000_008,
    tokens: 4,
  });
});

test('tokens are counted without a price', () => {
  expect(spendingOf({ inputTokens: 3, outputTokens: 1 }, null)).toEqual({ usd: 0, tokens: 4 });
});

test('a sum is of what is known, without a drift (P2)', () => {
  expect(sumUsd([0.1, undefined, 0.2])).toBe(0.3);
  expect(sumUsd([undefined])).toBeUndefined();
  expect(sumUsd([])).toBeUndefined();
});

describe('mostTokens', () => {
  const asked = { name: 'answer', prompt: 'x'.repeat(3000), maxOutputTokens: 200 };

  test('goes by the size of all that is asked, and the limit of the output', () => {
    const { inputTokens, outputTokens } = mostTokens(asked);
    expect(outputTokens).toBe(200);
    expect(inputTokens).toBeGreaterThan(1000);
    expect(inputTokens).toBeLessThan(1100);
  });

  test('counts system, schema and earlier turns, too', () => {
    const alone = mostTokens(asked).inputTokens;
    const text = 'y'.repeat(300);
    expect(mostTokens({ ...asked, system: text }).inputTokens).toBeGreaterThanOrEqual(alone + 100);
    expect(mostTokens({ ...asked, schema: { text } }).inputTokens).toBeGreaterThan(alone + 400);
    expect(
      mostTokens({ ...asked, turns: [{ reply: text, answers: [] }] }).inputTokens,
    ).toBeGreaterThan(alone + 100);
  });
});

test.each([
  [0, '$0'],
  [0.000_008, '$0.0000080'],
  [0.0031, '$0.0031'],
  [0.5, '$0.50'],
  [0.999, '$1.00'],
  [12.4, '$12.40'],
])('%d dollars read %s', (usd, text) => {
  expect(usdText(usd)).toBe(text);
});
