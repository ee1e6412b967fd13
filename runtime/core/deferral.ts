/**
 * What a deferral on record means for a message.
 *
 * Job: a deferred step goes on with a copy of its message. This file says which message that is, and
 * from when on another one of the same attempt stands in for it.
 * Boundary: pure.
 *
 * Invariants
 * P1. A copy is sent once per recorded deferral, by the worker that recorded it and by nobody else: so
 *     an attempt never has more messages than deferrals and its own, whatever is redelivered.
 * P2. Until somebody has claimed the step again the ledger owes it the copy: a message of an earlier
 *     deferral may be all that is left of it, and stands in for the copy when that is overdue.
 * P3. Who claims the step again carries it from then on: messages from before are late and go,
 *     and the one that carries it never is, whichever it was.
 * P4. A place in a quota's line is used once: only the first holder after the deferral has it. One that
 *     comes later may follow a holder that made its call and died, and lines up again.
 */
import type { StepDeferral, StepRecord } from '../contracts/ledger.ts';
import type { QuotaTicket } from '../contracts/quota.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';

/** So long after the due time a copy counts as overdue. */
const OVERDUE_MS = 5000;

/** A record whose newest claim has ended with a deferral, and that nobody has claimed since. */
type DeferredStep = StepRecord & { readonly deferral: StepDeferral };

export const isDeferred = (record: StepRecord): record is DeferredStep =>
  record.deferral?.fence === record.fence;

/** How often this very attempt was deferred, and how often of that to wait in a quota's line. */
export function deferralsOf(
  { deferral }: StepRecord,
  message: TaskMessage,
): { readonly seq: number; readonly turns: number } {
  const { seq = 0, turns = 0 } = ofSameAttempt(deferral, message) ? deferral : {};
  return { seq, turns };
}

/** True of the message with which the deferred attempt goes on; its like is sent after the events (R4). */
export const isItsCopy = ({ deferral }: DeferredStep, message: TaskMessage): boolean =>
  ofSameAttempt(deferral, message) && seqOf(message) >= deferral.seq;

/** True of a message whose attempt was deferred since, and is carried by a later one (P3). */
export const isLate = ({ deferral }: StepRecord, message: TaskMessage): boolean =>
  ofSameAttempt(deferral, message) && seqOf(message) < deferral.carriedFrom;

/** What a record keeps of its deferral once this message has claimed the step: how many there were, and who carries it. */
export const claimedDeferral = (
  { deferral }: StepRecord,
  message: TaskMessage,
): StepDeferral | null =>
  ofSameAttempt(deferral, message)
    ? { ...deferral, events: [], carriedFrom: seqOf(message) }
    : null;

/** The places in quotas' lines that the holder of a claim may use (P4), and when it was to set out for them. */
export const heldTurn = ({
  deferral,
  fence,
}: StepRecord): { readonly held: readonly QuotaTicket[]; readonly wakeAtMs: number | null } =>
  deferral?.fence === fence - 1 && deferral.tickets
    ? { held: deferral.tickets, wakeAtMs: deferral.dueAtMs }
    : { held: [], wakeAtMs: null };

/** Epoch milliseconds from which this message of the deferred attempt is worked on (P2); `null` for one of another attempt. */
export function dueAt(record: DeferredStep, message: TaskMessage): number | null {
  if (!ofSameAttempt(record.deferral, message)) return null;
  const { dueAtMs } = record.deferral;
  return isItsCopy(record, message) ? dueAtMs : dueAtMs + OVERDUE_MS;
}

const seqOf = (message: TaskMessage): number => message.deferSeq ?? 0;

const ofSameAttempt = (
  deferral: StepDeferral | undefined,
  message: TaskMessage,
): deferral is StepDeferral =>
  deferral !== undefined && compareAttempts(deferral.attempt, attemptOf(message)) === 0;
