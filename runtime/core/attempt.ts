/**
 * Attempts: which is newer, which number it has for people, what a retry knows of its past.
 *
 * Boundary: pure; outcomes come from the step's record.
 * Invariants
 * A1. Attempts are ordered by (generation, redrive, retry): Step Functions counts retries from 0 again
 *     after a redrive, so neither alone tells which is newer.
 * A2. An attempt's number is the failures recorded in its generation + 1. It is not the retry count:
 *     a dispatch that failed before a worker saw it counts there, but was no attempt.
 */
import type { Failure } from '../contracts/errors.ts';
import type { PartialOutput, StepOutcome } from '../contracts/ledger.ts';
import type { AttemptId } from '../contracts/task-message.ts';

/** Negative when `a` is older than `b`, 0 when they are the same attempt. */
export const compareAttempts = (a: AttemptId, b: AttemptId): number =>
  a.gen - b.gen || a.redrive - b.redrive || a.retry - b.retry;

/** As events carry it; the generation is a field of its own there. */
export const attemptText = ({ redrive, retry }: AttemptId): string => `${redrive}.${retry}`;

/** An attempt that ended without a success, and what it had to show (R9). */
export interface FailedAttempt {
  readonly gen: number;
  readonly failure: Failure;
  readonly partial?: PartialOutput;
}

/** 1 for the first attempt of its generation (A2). */
export const attemptNumber = (outcomes: readonly StepOutcome[], attempt: AttemptId): number =>
  failedBefore(outcomes, attempt).filter(({ gen }) => gen === attempt.gen).length + 1;

/** The attempts before `attempt` that failed, oldest first, over all generations. */
export const failedBefore = (
  outcomes: readonly StepOutcome[],
  attempt: AttemptId,
): readonly FailedAttempt[] =>
  outcomes.flatMap(({ attempt: ended, result, partial }) =>
    result.status !== 'succeeded' && compareAttempts(ended, attempt) < 0
      ? [{ gen: ended.gen, failure: result.failure, ...(partial && { partial }) }]
      : [],
  );
