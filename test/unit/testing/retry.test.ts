import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextRetry } from '#runtime/testing/interpreter/retry.ts';
import { matches } from '#runtime/testing/interpreter/state-error.ts';

const always = (value: number) => () => value;

describe('matches', () => {
  test.each([
    [['Agent.Terminal'], 'Agent.Terminal', true],
    [['Agent.Terminal'], 'Agent.Retryable', false],
    [['States.ALL'], 'Agent.Terminal', true],
    [['States.ALL'], 'States.Timeout', true],
    [['States.ALL'], 'States.QueryEvaluationError', true],
    [['States.ALL'], 'States.DataLimitExceeded', false],
    [['States.ALL'], 'States.Runtime', false],
    [['States.Runtime'], 'States.Runtime', false],
    [['States.TaskFailed'], 'Agent.Terminal', true],
    [['States.TaskFailed'], 'States.Timeout', false],
    [['States.TaskFailed'], 'States.DataLimitExceeded', false],
    [['States.TaskFailed'], 'States.Runtime', false],
    [['States.TaskFailed', 'States.Timeout'], 'States.Timeout', true],
  ])('%j is for %s: %s', (names, error, expected) => {
    expect(matches(names, error)).toBe(expected);
  });
});

describe('nextRetry', () => {
  const retriers = [
    { ErrorEquals: ['Never'], MaxAttempts: 0 },
    {
      ErrorEquals: ['Slow'],
      IntervalSeconds: 2,
      BackoffRate: 2,
      MaxAttempts: 3,
      MaxDelaySeconds: 5,
    },
    { ErrorEquals: ['States.TaskFailed'] },
  ];

  test('a retrier without attempts refuses at once, and later ones are not asked', () => {
    expect(nextRetry(retriers, [0, 0, 0], 'Never', always(1))).toBeNull();
  });

  test('waits double up to the longest', () => {
    const waits = [0, 1, 2].map((n) => nextRetry(retriers, [0, n, 0], 'Slow', always(1))?.delayMs);
    expect(waits).toEqual([2000, 4000, 5000]);
  });

  test('a used up retrier ends it, although a later one would match', () => {
    expect(nextRetry(retriers, [0, 3, 0], 'Slow', always(1))).toBeNull();
  });

  test('each retrier counts for itself', () => {
    expect(nextRetry(retriers, [0, 3, 0], 'Other', always(1))).toEqual({ index: 2, delayMs: 1000 });
  });

  test('defaults are three attempts, one second, doubled', () => {
    const waits = [0, 1, 2, 3].map((n) => nextRetry(retriers, [0, 0, n], 'Other', always(1)));
    expect(waits.map((wait) => wait?.delayMs ?? null)).toEqual([1000, 2000, 4000, null]);
  });

  test('an error that no retrier is for is not retried', () => {
    expect(nextRetry(retriers, [0, 0, 0], 'States.Timeout', always(1))).toBeNull();
  });

  test('full jitter spreads every wait between nothing and its longest', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (interval, used, longest, random) => {
          const retrier = {
            ErrorEquals: ['E'],
            IntervalSeconds: interval,
            MaxAttempts: 10,
            MaxDelaySeconds: longest,
            JitterStrategy: 'FULL' as const,
          };
          const { delayMs } = nextRetry([retrier], [used], 'E', always(random)) ?? { delayMs: -1 };
          expect(delayMs).toBeGreaterThanOrEqual(0);
          expect(delayMs).toBeLessThanOrEqual(Math.min(interval * 2 ** used, longest) * 1000);
        },
      ),
    );
  });
});
