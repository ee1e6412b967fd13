import { describe, expect, test } from 'vitest';
import { TerminalError } from '#runtime/contracts/errors.ts';
import { RETRY_POLICY } from '#runtime/contracts/retry-policy.ts';
import { failureOf } from '#runtime/core/failure.ts';
import { isTriedAgain, nextAttempt } from '#runtime/core/next-attempt.ts';
import {
  attempt,
  failedWith,
  NOW,
  reactionMessage,
  retryable,
  stepOutcome,
  success,
  taskMessage,
} from '../../support/steps.ts';

const followedBy = (retry: number, parts: Parameters<typeof reactionMessage>[0] = {}) =>
  nextAttempt(
    reactionMessage({ ...parts, attempt: attempt(retry) }),
    stepOutcome({ attempt: attempt(retry), result: failedWith() }),
  );

describe('nextAttempt', () => {
  test('is the same message with the next retry, waiting from its due time on', () => {
    const message = reactionMessage({ attempt: attempt(1, 0, 2) });
    const next = nextAttempt(
      { ...message, deferSeq: 3 },
      stepOutcome({ attempt: attempt(1, 0, 2), result: failedWith() }),
    );
    expect(next?.message).toEqual({
      ...message,
      step: {
        ...message.step,
        attempt: { redrive: 2, retry: 2 },
        enteredAt: new Date(next?.dueAtMs ?? 0).toISOString(),
      },
    });
  });

  test('B1: is the same for the same outcome', () => {
    expect(followedBy(0)).toEqual(followedBy(0));
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'waits after retry %i for up to the doubling limit of the policy, anywhere in it',
    (retry) => {
      const limitMs =
        Math.min(RETRY_POLICY.maxSeconds, RETRY_POLICY.firstSeconds * 2 ** retry) * 1000;
      const waits = Array.from({ length: 200 }, (_, i) => {
        const next = followedBy(retry, { run: `run-${i}`, maxAttempts: 10 });
        return (next?.dueAtMs ?? Number.NaN) - NOW;
      });
      expect(Math.min(...waits)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...waits)).toBeLessThan(limitMs);
      expect(Math.min(...waits)).toBeLessThan(0.1 * limitMs);
      expect(Math.max(...waits)).toBeGreaterThan(0.9 * limitMs);
    },
  );

  test('B2: there are as many attempts as the message allows', () => {
    expect(followedBy(2, { maxAttempts: 4 })).not.toBeNull();
    expect(followedBy(3, { maxAttempts: 4 })).toBeNull();
    expect(followedBy(0, { maxAttempts: 1 })).toBeNull();
  });

  test.each([
    ['a success', success()],
    ['a failure that is final', failedWith(failureOf(new TerminalError('no')))],
  ])('nothing follows %s', (_what, result) => {
    expect(nextAttempt(reactionMessage(), stepOutcome({ result }))).toBeNull();
  });
});

describe('isTriedAgain', () => {
  test("B2: a workflow's step counts its recorded failures, a reaction its retries", () => {
    const parts = { attempt: attempt(3), maxAttempts: 4 };
    // Two dispatches of four were lost before a worker saw them.
    expect(isTriedAgain(taskMessage(parts), retryable(), 2)).toBe(true);
    // Redriven: four failures of an earlier life do not count.
    const redriven = { attempt: attempt(0, 0, 1), maxAttempts: 4 };
    expect(isTriedAgain(reactionMessage(redriven), retryable(), 5)).toBe(true);
    expect(isTriedAgain(reactionMessage(parts), retryable(), 2)).toBe(false);
  });
});
