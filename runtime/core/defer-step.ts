/**
 * Puts a step off: its attempt could not go on, and something says when another try is worth it.
 *
 * Job: what becomes of such an attempt, the record that says so, and the copy with which it goes on.
 * Boundary: pure; the caller writes by compare and put on `rev`, publishes, sends.
 *
 * Invariants
 * Q1. A deferral is no failure: it leaves no outcome, so it uses up no retry of the workflow; and it
 *     ends its claim, so it uses up no start.
 * Q2. A deferral is written under the fence of its claim, or not at all (R5); a step with an outcome
 *     is never put off (R3).
 * Q3. A step is never put off to an instant at which its answer is worth nothing: it expires at once.
 * Q4. Nothing is put off for ever: beyond MAX_DEFERRALS what was in the way is an ordinary failure.
 */
import { type Failure, RetryableError } from '../contracts/errors.ts';
import type { StepDeferral, StepRecord, StepResult } from '../contracts/ledger.ts';
import { compareAttempts } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import { isEnded } from './claim-step.ts';
import { secondsUntil } from './come-back.ts';
import { failed, failure } from './failure.ts';
import { DELAY_MAX_SECONDS } from './queue-message.ts';
import type { Settlement } from './settle-step.ts';

/** So often one attempt is put off. */
export const MAX_DEFERRALS = 100;

/** Waits when nobody says how long: 2, 4, 8 … 60 seconds, half of each jittered. */
const UNTOLD: Parameters<typeof backoffMs>[0] = { baseMs: 2000, capMs: 60_000 };

/** Whoever is told to wait waits up to a tenth longer: what was refused together does not come back together. */
const SPREAD = 0.1;

const SHORTEST_MS = 1000;

/** An attempt that ended for now. */
export interface Postponed {
  readonly status: 'postponed';
  /** What was in the way. */
  readonly failure: Failure;
  /** As the other side says; absent when it does not. */
  readonly retryAfterSeconds?: number;
}

/** What postpones an attempt that ended with `thrown`; `null` when it has failed. */
export function postponement(thrown: unknown): { readonly retryAfterSeconds?: number } | null {
  if (!(thrown instanceof RetryableError)) return null;
  const { code, retryAfterSeconds } = thrown;
  if (retryAfterSeconds !== undefined && retryAfterSeconds >= 0) return { retryAfterSeconds };
  return code === 'MODEL_THROTTLED' ? {} : null;
}

interface PostponedState {
  readonly postponed: Postponed;
  /** Deferrals of the attempt before this one. */
  readonly deferrals: number;
  readonly nowMs: number;
  readonly deadlineMs: number;
  /** From 0 to 1. */
  readonly fraction: number;
}

type Postponement =
  | { readonly kind: 'defer'; readonly seq: number; readonly dueAtMs: number }
  | { readonly kind: 'end'; readonly result: StepResult };

export function decidePostponed(state: PostponedState): Postponement {
  const { postponed, deferrals, nowMs, deadlineMs } = state;
  if (deferrals >= MAX_DEFERRALS) return { kind: 'end', result: failed(postponed.failure) };
  const dueAtMs = nowMs + waitMs(state);
  if (dueAtMs < deadlineMs) return { kind: 'defer', seq: deferrals + 1, dueAtMs };
  return { kind: 'end', result: failed(tooLate(state, dueAtMs - nowMs)) };
}

function waitMs({ postponed: { retryAfterSeconds }, deferrals, fraction }: PostponedState): number {
  const ms =
    retryAfterSeconds === undefined
      ? backoffMs(UNTOLD, deferrals + 1, (1 + fraction) / 2)
      : retryAfterSeconds * 1000 * (1 + SPREAD * fraction);
  return Math.max(SHORTEST_MS, Math.ceil(ms));
}

const tooLate = ({ postponed, deadlineMs }: PostponedState, waitMs: number): Failure =>
  failure(
    'DEADLINE_EXCEEDED',
    `another try is worth it in ${Math.round(waitMs / 1000)} s at the earliest, and the run's deadline ${new Date(deadlineMs).toISOString()} comes before: ${postponed.failure.code}: ${postponed.failure.message}`,
  );

/** The record of a step whose claim has ended with this deferral (Q1, Q2). */
export function deferStep(current: StepRecord, deferral: StepDeferral, nowMs: number): Settlement {
  const stored = current.outcomes.find(
    ({ attempt, result }) =>
      result.status === 'succeeded' || compareAttempts(attempt, deferral.attempt) === 0,
  );
  if (stored) return { kind: 'stored', outcome: stored };
  if (current.fence !== deferral.fence || isEnded(current)) return { kind: 'lost' };
  return {
    kind: 'write',
    record: {
      ...current,
      rev: current.rev + 1,
      leaseUntilMs: nowMs,
      starts: current.starts - 1,
      started: [],
      deferral,
    },
  };
}

/** The body of the copy: the message as it came, with the number of the deferral. */
export const copyBody = (body: string, seq: number): string =>
  JSON.stringify({ ...JSON.parse(body), deferSeq: seq }).replaceAll(
    UNSENDABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16)}`,
  );

/** Characters that JSON carries as they are and a queue does not. */
const UNSENDABLE = /[\uFFFE\uFFFF]/g;

/** How long the queue holds the copy back; what is left then, the copy waits itself. */
export const copyDelaySeconds = (dueAtMs: number, nowMs: number): number =>
  Math.min(DELAY_MAX_SECONDS, secondsUntil(dueAtMs, nowMs));
