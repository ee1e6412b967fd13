/**
 * Takes a step, and keeps it: the records that a claim and a renewal write.
 *
 * Boundary: pure; the caller writes them by compare and put on `rev`.
 * Invariants
 * K1. Every claim raises the fence, so a former holder can neither write nor answer (R5).
 * K2. A claim keeps the outcomes of earlier attempts (R9) without their events. Those of its own
 *     generation were told, or the claim would not exist: its attempt follows their answers. A former
 *     generation can be followed before it has told its ends: their events go on as those of lost
 *     claims (R4), until an end of this one says that they are told.
 *     A claim of a deferred step by its copy drops the deferral's events, for they were told before
 *     the copy was sent; a claim by any other message keeps them among those of lost claims.
 * K3. Lease and visibility last equally long and are renewed together, but not in one instant: who
 *     receives the message a moment before its lease has ended waits for the rest.
 * K4. A renewal never shortens a lease, whatever the clock does.
 * K5. A worker that lives and can record no end gives its claim back: trouble with what the door needs
 *     is no sign that the step kills its workers, and uses up no start.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { StepRecord } from '../contracts/ledger.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { claimedDeferral, isDeferred, isItsCopy } from './deferral.ts';
import { stepStarted } from './step-events.ts';

/** How long a lease lasts, and how long the message stays hidden (K3). */
export const LEASE_SECONDS = 30;
/** How often both are renewed: two renewals may be lost before the third is too late. */
export const RENEW_SECONDS = 10;

/** Of a step that nobody has claimed before. */
export const FIRST_FENCE = 1;

/** What a claim writes down. */
export interface Claim {
  readonly record: StepRecord | null;
  readonly message: TaskMessage;
  readonly inputHash: string;
  readonly contractVersion: number;
  readonly nowMs: number;
}

/** The record with this claim's fence and lease. */
export function claimStep(claim: Claim): StepRecord {
  const { record, message, inputHash, contractVersion, nowMs } = claim;
  const attempt = attemptOf(message);
  const isSameAttempt = record !== null && compareAttempts(record.attempt, attempt) === 0;
  const deferral = record && claimedDeferral(record, message);
  const fence = (record?.fence ?? FIRST_FENCE - 1) + 1;
  const starts = isSameAttempt ? record.starts + 1 : 1;
  return {
    run: message.run.id,
    path: message.step.path,
    rev: (record?.rev ?? 0) + 1,
    agent: message.step.agent,
    contractVersion,
    inputHash,
    attempt,
    fence,
    leaseUntilMs: nowMs + LEASE_SECONDS * 1000,
    starts,
    queuedAt: record?.queuedAt ?? message.step.enteredAt,
    started: [
      ...untoldBefore(record, message),
      stepStarted(message, { fence, start: starts, isFirst: !isSameAttempt, atMs: nowMs }),
    ],
    ...(deferral && { deferral }),
    outcomes: (record?.outcomes ?? []).map((outcome) => ({ ...outcome, events: [] })),
  };
}

/** Events of earlier claims and generations, beside those of their calls, that nobody may have told. */
export const untoldBefore = (
  record: StepRecord | null,
  message: TaskMessage,
): readonly SignalboxEvent[] =>
  record === null ? [] : [...followedEnds(record, message), ...lostClaims(record, message)];

const followedEnds = (record: StepRecord, { run }: TaskMessage): readonly SignalboxEvent[] =>
  record.outcomes.flatMap(({ attempt, events }) => (attempt.gen < run.gen ? events : []));

function lostClaims(record: StepRecord, message: TaskMessage): readonly SignalboxEvent[] {
  if (!isEnded(record)) return record.started;
  return isDeferred(record) && !isItsCopy(record, message) ? record.deferral.events : [];
}

/** The record with a longer lease; `null` when the fence is another's, or the attempt is over. */
export function renewStep(current: StepRecord, fence: number, nowMs: number): StepRecord | null {
  if (current.fence !== fence || isEnded(current)) return null;
  const leaseUntilMs = Math.max(current.leaseUntilMs, nowMs + LEASE_SECONDS * 1000);
  return { ...current, rev: current.rev + 1, leaseUntilMs };
}

/** The record without the start and the lease of a claim that is given back (K5); `null` as for a renewal. */
export function releaseStep(current: StepRecord, fence: number, nowMs: number): StepRecord | null {
  const held = renewStep(current, fence, nowMs);
  return held && { ...held, starts: held.starts - 1, leaseUntilMs: nowMs };
}

/** True when the newest claim has ended, with an outcome or a deferral: nobody works on the step, whatever its lease says. */
export const isEnded = (record: StepRecord): boolean =>
  record.outcomes.at(-1)?.fence === record.fence || isDeferred(record);
