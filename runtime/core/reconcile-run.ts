/**
 * What the reconciler does about a run that is due.
 *
 * Job: two pure decisions: what the run's record asks for, and what the orchestrator's description of
 * its execution asks for. `lambda/reconcile-runs.ts` performs them. Of a reactive run, behind which no
 * execution stands, the router decides (core/react/look.ts): it is only woken, should a timer have got lost.
 * Boundary: no I/O, no clock.
 *
 * Invariants
 * R1. A run is forgotten only when its start is told and its end is on record, or when it was never
 *     accepted. Every other one is looked at again, and each look brings it nearer to its end: what a
 *     crash left is finished, an end that nobody told is told, what overran its deadline is ended.
 * C1. Questions to the orchestrator are few. One that may have been missed is asked when there is room,
 *     ever more seldom as a run grows older; one about a run that should have ended has to be.
 */
import type { RunRecord } from '../contracts/ledger.ts';
import type { ExecutionDescription } from '../ports.ts';
import { failure } from './failure.ts';
import { recordedEnd } from './resume-run.ts';
import { executionName } from './run-id.ts';
import { acceptedAt, leftToDo } from './start-run.ts';
import { stopOf } from './stop-run.ts';

/** Workers settle what is past its deadline by themselves; this is their time for it. */
const GRACE_MS = 5000;
/** After something was done about a run, and at first while it is late: with the next round. */
const SOON_MS = 30_000;
const LATEST_MS = 15 * 60_000;
/** The longest that a run which has time left is left alone: the end of a long one may have got lost, too. */
const LONGEST_CALM_MS = 60 * 60_000;

export type Look =
  | { readonly kind: 'forget' }
  /** A request has crashed half-way. */
  | { readonly kind: 'finish-start'; readonly record: RunRecord }
  /** A reactive run goes on: the router knows what is due. */
  | { readonly kind: 'wake'; readonly record: RunRecord }
  /** Nothing is known to be wrong unless `isLate`: the run should have ended. */
  | { readonly kind: 'ask'; readonly record: RunRecord; readonly isLate: boolean };

/** @param record of the run that is due; `null`: its request has crashed before there was one */
export function lookAt(record: RunRecord | null, nowMs: number): Look {
  if (record === null) return { kind: 'forget' };
  // Before its end: a run can end before the request that started it has told of it.
  if (leftToDo(record).length > 0) return { kind: 'finish-start', record };
  if (recordedEnd(record)) return { kind: 'forget' };
  if (record.kind === 'reactive') return { kind: 'wake', record };
  return { kind: 'ask', record, isLate: isLate(record, nowMs) };
}

export type Finding =
  /** Tell its end, as the status change would have been told. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'stop'; readonly stop: ReturnType<typeof stopOf> }
  /** Its start was told and the orchestrator knows nothing of it. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'going-on' };

/** @param description of the execution of the record's generation */
export function findingOn(
  record: RunRecord,
  description: ExecutionDescription | null,
  nowMs: number,
): Finding {
  if (description === null) return { kind: 'lost' };
  if (description.status !== 'RUNNING') return { kind: 'ended' };
  const { stop } = record;
  if (stop) return { kind: 'stop', stop: stopOf({ ...record, stop }) };
  if (nowMs >= graceEndMs(record)) return { kind: 'stop', stop: expiryOf(record) };
  return { kind: 'going-on' };
}

/**
 * When a run is looked at next, if nothing was done about it: after as long again as it has gone on, and
 * once it has to be over; then after as long again as it is late.
 */
export function nextLookMs(record: RunRecord, nowMs: number): number {
  const endMs = graceEndMs(record);
  if (nowMs >= endMs || record.stop) return nowMs + between(SOON_MS, nowMs - endMs, LATEST_MS);
  const ageMs = nowMs - Date.parse(acceptedAt(record));
  return Math.min(endMs, nowMs + between(SOON_MS, ageMs, LONGEST_CALM_MS));
}

const between = (least: number, ms: number, most: number): number =>
  Math.min(most, Math.max(least, ms));

/** When it is looked at after something was done about it. */
export const soonMs = (nowMs: number): number => nowMs + SOON_MS;

const isLate = (record: RunRecord, nowMs: number): boolean =>
  record.stop !== undefined || nowMs >= graceEndMs(record);

export const graceEndMs = ({ deadlineAt }: Pick<RunRecord, 'deadlineAt'>): number =>
  Date.parse(deadlineAt) + GRACE_MS;

/** What ends a run that overran its deadline. */
export function expiryOf(record: RunRecord): ReturnType<typeof stopOf> {
  const { code, name, message } = failure(
    'DEADLINE_EXCEEDED',
    `the run did not end by its deadline, ${record.deadlineAt}, and was ended`,
  );
  return {
    workflow: record.workflow,
    executionName: executionName(record.run, record.gen),
    error: name,
    cause: JSON.stringify({ code, message }),
  };
}
