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
 * Q4. Nothing is put off for ever: beyond MAX_DEFERRALS what was in the way is an ordinary failure. Waits
 *     in a quota's line do not count, for that moves: the run's deadline ends them.
 */
import { type Failure, RetryableError } from '../contracts/errors.ts';
import type { StepDeferral, StepRecord, StepResult } from '../contracts/ledger.ts';
import { compareAttempts } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import { isEnded } from './claim-step.ts';
import { secondsUntil } from './come-back.ts';
import { failed, failure } from './failure.ts';
import { DELAY_MAX_SECONDS, jsonBody } from './queue-message.ts';
import type { Settlement } from './settle-step.ts';

/** So often one attempt is put off, not counting waits in lines. */
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
  /** Present when its next call waits for its turn. */
  readonly turn?: Turn;
}

/** When a call's turn comes in a quota's line. */
export interface Turn {
  readonly quota: string;
  /** Epoch milliseconds; without a place, when it is worth lining up again. */
  readonly dueAtMs: number;
  /** When its step sets out for it (`wake-lead.ts`). */
  readonly wakeAtMs: number;
  /** Whether it has a place in the line. */
  readonly isHeld: boolean;
}

/** All calls of an attempt that are not done wait for turns that come later than one waits for in place. */
export class QuotaWaitError extends RetryableError {
  readonly turn: Turn;
  constructor(turn: Turn) {
    const at = new Date(turn.dueAtMs).toISOString();
    super(
      turn.isHeld
        ? `its turn in the line of quota "${turn.quota}" comes at ${at}`
        : `quota "${turn.quota}" is closed; it lines up again at ${at}`,
      { code: 'QUOTA_WAIT' },
    );
    this.turn = turn;
  }
}

/** What postpones an attempt that ended with `thrown`; `null` when it has failed. */
export function postponement(
  thrown: unknown,
): Pick<Postponed, 'retryAfterSeconds' | 'turn'> | null {
  if (thrown instanceof QuotaWaitError) return { turn: thrown.turn };
  if (!(thrown instanceof RetryableError)) return null;
  const { code, retryAfterSeconds } = thrown;
  if (retryAfterSeconds !== undefined && retryAfterSeconds >= 0) return { retryAfterSeconds };
  return code === 'MODEL_THROTTLED' ? {} : null;
}

interface PostponedState {
  readonly postponed: Postponed;
  /** Deferrals of the attempt before this one; `turns` of them waited in a quota's line. */
  readonly deferrals: { readonly seq: number; readonly turns: number };
  readonly nowMs: number;
  readonly deadlineMs: number;
  /** From 0 to 1. */
  readonly fraction: number;
}

type Postponement =
  | {
      readonly kind: 'defer';
      readonly seq: number;
      readonly turns: number;
      readonly dueAtMs: number;
    }
  | { readonly kind: 'end'; readonly result: StepResult };

export function decidePostponed(state: PostponedState): Postponement {
  const { postponed, deferrals, nowMs, deadlineMs } = state;
  const isTooOften = refusals(deferrals) >= MAX_DEFERRALS && !postponed.turn;
  if (isTooOften) return { kind: 'end', result: failed(postponed.failure) };
  const dueAtMs = postponed.turn ? wakeMs(postponed.turn, nowMs) : nowMs + waitMs(state);
  if (dueAtMs < deadlineMs) {
    const turns = deferrals.turns + (postponed.turn ? 1 : 0);
    return { kind: 'defer', seq: deferrals.seq + 1, turns, dueAtMs };
  }
  return { kind: 'end', result: failed(tooLate(state, dueAtMs - nowMs)) };
}

const refusals = ({ seq, turns }: PostponedState['deferrals']): number => seq - turns;

const wakeMs = ({ wakeAtMs }: Turn, nowMs: number): number => Math.max(nowMs, Math.ceil(wakeAtMs));

function waitMs({ postponed: { retryAfterSeconds }, deferrals, fraction }: PostponedState): number {
  const ms =
    retryAfterSeconds === undefined
      ? backoffMs(UNTOLD, refusals(deferrals) + 1, (1 + fraction) / 2)
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
  jsonBody({ ...JSON.parse(body), deferSeq: seq });

/** How long the queue holds the copy back; what is left then, the copy waits itself. */
export const copyDelaySeconds = (dueAtMs: number, nowMs: number): number =>
  Math.min(DELAY_MAX_SECONDS, secondsUntil(dueAtMs, nowMs));
