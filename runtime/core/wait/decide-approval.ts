/**
 * What becomes of a person's decision.
 *
 * Boundary: pure; `lambda/api/decide-approval.ts` performs it, and asks again after a lost race.
 * Invariants
 * G1. The first decision on record stays (R3): the same one again changes nothing, another one is refused.
 * G2. A decision counts while the wait is open, its run goes on and its time is not over; which of them is
 *     not so, the person is told.
 */
import type { RunRecord, StepRecord } from '../../contracts/ledger.ts';
import { type Approved, type OpenWait, WAIT_SERVER } from '../../contracts/wait.ts';
import { recordedEnd } from '../resume-run.ts';
import { inputOf } from './waits.ts';

export interface ApprovalState {
  readonly run: RunRecord;
  /** The step's open wait; `null` when it has none. */
  readonly wait: OpenWait | null;
  readonly step: StepRecord | null;
  readonly decision: string;
  readonly nowMs: number;
}

export type ApprovalDecision =
  /** Record it. */
  | { readonly kind: 'decide'; readonly wait: OpenWait }
  /** It is on record; what is left of it is finished. */
  | { readonly kind: 'decided'; readonly approved: Approved; readonly at: string }
  | ApprovalRefusal;

export type ApprovalRefusal =
  | { readonly kind: 'otherwise'; readonly approved: Approved }
  | { readonly kind: 'expired'; readonly until: string | null }
  | { readonly kind: 'run-ended'; readonly status: string }
  | { readonly kind: 'no-option'; readonly options: readonly string[] }
  /** There is no such approval, or the run has not come to it. */
  | { readonly kind: 'unknown' };

export function decideApproval(state: ApprovalState): ApprovalDecision {
  return onRecord(state) ?? ofWait(state);
}

function onRecord({ step, decision }: ApprovalState): ApprovalDecision | null {
  if (step?.agent !== WAIT_SERVER) return null;
  const success = step.outcomes.find(({ result }) => result.status === 'succeeded');
  const approved = success?.result.status === 'succeeded' && approvedIn(success.result.output);
  if (!success || !approved) return null;
  return approved.decision === decision
    ? { kind: 'decided', approved, at: success.endedAt }
    : { kind: 'otherwise', approved };
}

/** An output that was recorded here; that of a wait for an event may be anything. */
function approvedIn(output: unknown): Approved | null {
  const { decision, by } = (output ?? {}) as Partial<Approved>;
  return typeof decision === 'string' && typeof by === 'string' ? (output as Approved) : null;
}

function ofWait({ run, wait, step, decision, nowMs }: ApprovalState): ApprovalDecision {
  const input = wait && inputOf(wait);
  if (!wait || input?.for !== 'approval') return closed(run, step);
  if (run.stop) return { kind: 'run-ended', status: 'stopped' };
  const end = recordedEnd(run);
  if (end) return { kind: 'run-ended', status: end.status };
  if (nowMs >= Date.parse(wait.until)) return { kind: 'expired', until: wait.until };
  if (!input.options.includes(decision)) return { kind: 'no-option', options: input.options };
  return { kind: 'decide', wait };
}

function closed(run: RunRecord, step: StepRecord | null): ApprovalDecision {
  const last = step?.agent === WAIT_SERVER ? step.outcomes.at(-1)?.result.status : undefined;
  if (last === 'expired') return { kind: 'expired', until: null };
  if (last === 'stopped') {
    return { kind: 'run-ended', status: recordedEnd(run)?.status ?? 'stopped' };
  }
  return { kind: 'unknown' };
}
