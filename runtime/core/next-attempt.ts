/**
 * Whether a failed attempt is followed by another one, and the message of that one when nobody but the
 * door can send it.
 *
 * Boundary: pure. Steps of a workflow are tried again by their state machine (contracts/retry-policy.ts);
 * a reaction's next attempt is a message from the door to the agent's own queue.
 * Invariants
 * B1. A recorded outcome gives the same message and the same instant, whoever asks and however often: a
 *     worker that died after sending it has its successor send a copy, never another attempt.
 * B2. A reaction has as many attempts as its message allows, counted anew after a redrive. Its failures
 *     are all recorded, so its retry count tells; a step of a workflow may have lost dispatches, and
 *     its attempts' number is what counts (core/attempt.ts, A2).
 * B3. What stops a run or ends its time is no matter of this: the next attempt is sent all the same, and
 *     the fences end it before anything is paid (R6). So the step always has an end that was told.
 */
import type { Failure } from '../contracts/errors.ts';
import type { StepOutcome } from '../contracts/ledger.ts';
import { RETRY_POLICY } from '../contracts/retry-policy.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { backoffMs } from './backoff.ts';
import { hash } from './hash.ts';

/** @param number the attempt's number, 1 for the first of its generation */
export function isTriedAgain(message: TaskMessage, failure: Failure, number: number): boolean {
  const { taskToken, step } = message;
  const made = taskToken === undefined ? step.attempt.retry + 1 : number;
  return failure.retryable && made < step.maxAttempts;
}

/** A reaction's attempt that follows another one. */
export interface NextAttempt {
  readonly message: TaskMessage;
  /** Epoch milliseconds. */
  readonly dueAtMs: number;
}

/** What follows a reaction's attempt that ended like this; `null` when that was the last one. */
export function nextAttempt(
  message: TaskMessage,
  { result, endedAt }: StepOutcome,
): NextAttempt | null {
  const { run, step } = message;
  const { redrive, retry } = step.attempt;
  const number = retry + 1;
  if (result.status === 'succeeded' || !isTriedAgain(message, result.failure, number)) return null;
  const jitter = fractionOf([run.id, step.path, redrive, retry]);
  const dueAtMs = Date.parse(endedAt) + backoffMs(WAITS, number, jitter);
  const { deferSeq: _, ...rest } = message;
  return {
    message: {
      ...rest,
      step: {
        ...step,
        attempt: { redrive, retry: retry + 1 },
        // Its wait in the queue begins now, not when the first attempt was sent.
        enteredAt: new Date(dueAtMs).toISOString(),
      },
    },
    dueAtMs,
  };
}

const WAITS = {
  baseMs: RETRY_POLICY.firstSeconds * 1000,
  capMs: RETRY_POLICY.maxSeconds * 1000,
} as const;

/** From 0 to 1, the same for the same attempt (B1). */
const fractionOf = (attempt: readonly unknown[]): number =>
  Number.parseInt(hash(attempt).slice(0, 8), 16) / 2 ** 32;
