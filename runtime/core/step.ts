/**
 * Decides what the door does with a message: steps 3 to 5 of the way through it.
 *
 * Job: one pure decision from what is on record, asked again after every lost race.
 * Boundary: no I/O, no clock; the caller reads the records, performs the decision, and asks again
 * with what it finds when somebody else was faster.
 *
 * Invariants
 * S1. What is on record comes first: a recorded success answers every attempt, a recorded failure its
 *     own attempt only (R3).
 * S2. A record never answers a message with another input. Such a message is refused without a
 *     write: the record, and whoever works on it, belong to the input that came first.
 * S3. An attempt that a newer one of its generation has followed was answered, or the newer one would
 *     not exist: it neither runs nor answers (R5).
 *     Of one attempt, a message from before its last deferral goes the same way once it is claimed.
 * S4. Fences come before the claim: nothing is paid for a step whose answer nobody wants (R6).
 * S5. A step has one holder: a live lease makes everybody else wait for its rest.
 */
import type { Failure } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunRecord, StepOutcome, StepRecord, StepResult } from '../contracts/ledger.ts';
import { type AttemptId, attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { claimStep, isEnded, untoldBefore } from './claim-step.ts';
import { dueAt, isDeferred, isLate } from './deferral.ts';
import { failed, failure } from './failure.ts';
import { closedFence } from './step-fences.ts';

/** So often an attempt is started; a worker that died each time will die again. */
export const MAX_STARTS = 6;

export interface StepState {
  readonly record: StepRecord | null;
  /** The control record of the run's tree; `null` when the ledger has none. */
  readonly run: RunRecord | null;
  readonly message: TaskMessage;
  /** Hash of the message's input. */
  readonly inputHash: string;
  readonly contractVersion: number;
  readonly nowMs: number;
}

export type StepDecision =
  /** Superseded: nothing is left to do for this message. */
  | { readonly kind: 'ack' }
  /** Publish and answer what is on record. */
  | { readonly kind: 'answer'; readonly outcome: StepOutcome }
  /** Answer this failure; the record stays as it is. */
  | { readonly kind: 'refuse'; readonly failure: Failure }
  /** Record this end without running anything, then answer it. */
  | { readonly kind: 'settle'; readonly result: StepResult }
  /** Somebody works on it: come back when their lease is over. */
  | { readonly kind: 'wait'; readonly seconds: number }
  /** It was deferred: tell these events, and go on at this instant. */
  | {
      readonly kind: 'early';
      readonly dueAtMs: number;
      readonly untold: readonly SignalboxEvent[];
    }
  /** Write this record; it is the permission to run. */
  | { readonly kind: 'claim'; readonly record: StepRecord };

export function decideStep(state: StepState): StepDecision {
  return onRecord(state) ?? fenced(state) ?? early(state) ?? taken(state) ?? claimable(state);
}

/** Step 3: what the record says already. */
function onRecord({ record, message, inputHash }: StepState): StepDecision | null {
  if (record === null) return null;
  const attempt = attemptOf(message);
  const success = successOf(record);
  if (inputHash !== record.inputHash && (success || record.attempt.gen === attempt.gen)) {
    return { kind: 'refuse', failure: pathReused(record, message, inputHash) };
  }
  if (success) return { kind: 'answer', outcome: success };
  const order = compareAttempts(attempt, record.attempt);
  const own = outcomeOf(record, attempt);
  if (own && (order === 0 || attempt.gen !== record.attempt.gen)) {
    return { kind: 'answer', outcome: own };
  }
  return order < 0 || isLate(record, message) ? { kind: 'ack' } : null;
}

/** Step 4. */
function fenced(state: StepState): StepDecision | null {
  const objection = closedFence(state);
  return objection && { kind: 'settle', result: failed(objection) };
}

/** The attempt was put off, and its time has not come. */
function early({ record, message, nowMs }: StepState): StepDecision | null {
  if (record === null || !isDeferred(record)) return null;
  const dueAtMs = dueAt(record, message);
  if (dueAtMs === null || nowMs >= dueAtMs) return null;
  return { kind: 'early', dueAtMs, untold: untoldBefore(record, message) };
}

/** Step 5: somebody holds the step, or held it too often. */
function taken({ record, message, nowMs }: StepState): StepDecision | null {
  if (record === null) return null;
  const restMs = record.leaseUntilMs - nowMs;
  if (restMs > 0 && !isEnded(record)) return { kind: 'wait', seconds: Math.ceil(restMs / 1000) };
  const isSameAttempt = compareAttempts(record.attempt, attemptOf(message)) === 0;
  if (!isSameAttempt || record.starts < MAX_STARTS) return null;
  const reason = `started ${record.starts} times without an end: its worker dies of it. Find the cause in the agent's logs, then redrive the dead letter.`;
  return { kind: 'settle', result: failed(failure('DEAD_LETTERED', reason)) };
}

const claimable = (state: StepState): StepDecision => ({
  kind: 'claim',
  record: claimStep(state),
});

const successOf = ({ outcomes }: StepRecord): StepOutcome | undefined =>
  outcomes.find(({ result }) => result.status === 'succeeded');

/** True of a step whose output stays (R3). */
export const hasSucceeded = (record: StepRecord): boolean => successOf(record) !== undefined;

const outcomeOf = (record: StepRecord, attempt: AttemptId): StepOutcome | undefined =>
  record.outcomes.find((outcome) => compareAttempts(outcome.attempt, attempt) === 0);

const pathReused = (record: StepRecord, message: TaskMessage, inputHash: string): Failure =>
  failure(
    'PATH_REUSED',
    `the step "${message.step.path}" was used with input ${record.inputHash} before and now with ${inputHash}; a path names one step with one input. Give this step a path of its own.`,
  );
