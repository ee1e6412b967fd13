/**
 * Goes on with a run that has not succeeded: the next generation of it.
 *
 * Boundary: pure; `lambda/api/resume-run.ts` performs it.
 * Invariants
 * N1. A generation is followed by the next one once: a repeat that names the one it wants to follow
 *     finds it followed, and changes nothing.
 * N2. Only what has ended, and not with success, is resumed: two generations never work at one time.
 *     What of the former one comes late is superseded at the door.
 * N3. The new generation begins as if it were accepted now: on the current definition, with a whole
 *     deadline, without a stop and without an end. What was recorded stays, and answers (R3).
 * N4. The budget is the current contract's, and what former generations have spent counts: a run that
 *     has exhausted it goes on once there is more of it.
 */
import type { BudgetLimits } from '../contracts/budget.ts';
import type { RunEndRecord, RunRecord } from '../contracts/ledger.ts';

export interface ResumeRequest {
  /** The generation to follow; `null`: the current one. */
  readonly generation: number | null;
  /** Inputs by step path, in addition to those on record. */
  readonly patches: Readonly<Record<string, unknown>>;
  /** For people; empty when none was given. */
  readonly reason: string;
  /** Hash of the definition that is deployed. */
  readonly defVersion: string;
  /** Longest life of the generation, from the workflow's contract. */
  readonly deadlineSeconds: number;
  /** What the run may spend, all generations together, from the workflow's contract. */
  readonly budget?: BudgetLimits;
}

export type ResumeDecision =
  /** Write this record, then start its generation. */
  | { readonly kind: 'resume'; readonly record: RunRecord }
  /** The named generation was followed already. */
  | { readonly kind: 'resumed' }
  /** There is no such generation yet. */
  | { readonly kind: 'unknown-generation' }
  | { readonly kind: 'going-on' }
  | { readonly kind: 'succeeded' };

/** @param end of the current generation; `null` while none is known */
export function resumeRun(
  record: RunRecord,
  request: ResumeRequest,
  { end, nowMs }: { readonly end: RunEndRecord | null; readonly nowMs: number },
): ResumeDecision {
  const { generation } = request;
  if (generation !== null && generation < record.gen) return { kind: 'resumed' };
  if (generation !== null && generation > record.gen) return { kind: 'unknown-generation' };
  if (end === null) return { kind: 'going-on' };
  if (end.status === 'succeeded') return { kind: 'succeeded' };
  return { kind: 'resume', record: nextGeneration(record, request, nowMs) };
}

function nextGeneration(record: RunRecord, request: ResumeRequest, nowMs: number): RunRecord {
  const { stop: _stop, end: _end, waits: _waits, ...rest } = record;
  const { resumeReason: _reason, budget: _budget, ...kept } = rest;
  const { patches, reason, defVersion, deadlineSeconds, budget } = request;
  return {
    ...kept,
    rev: record.rev + 1,
    gen: record.gen + 1,
    defVersion,
    resumedAt: new Date(nowMs).toISOString(),
    ...(reason !== '' && { resumeReason: reason }),
    deadlineAt: new Date(nowMs + deadlineSeconds * 1000).toISOString(),
    progress: 'accepted',
    ...(budget && { budget }),
    ...withPatches(record, patches),
  };
}

/** A run's patches with more of them; absent while there are none. */
export function withPatches(
  { patches: before }: Pick<RunRecord, 'patches'>,
  more: Readonly<Record<string, unknown>>,
): Pick<RunRecord, 'patches'> {
  const patches = { ...before, ...more };
  return Object.keys(patches).length === 0 ? {} : { patches };
}

/** How the current generation ended, as the record knows it. */
export const recordedEnd = ({ gen, end }: RunRecord): RunEndRecord | null =>
  end?.gen === gen ? end : null;
