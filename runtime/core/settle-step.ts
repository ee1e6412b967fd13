/**
 * Records how an attempt ended.
 *
 * Job: the record to write for an outcome, or what to use instead of it.
 * Boundary: pure; the caller writes by compare and put on `rev` and asks again on a conflict.
 *
 * Invariants
 * O1. A recorded success is never followed by another outcome, an attempt has one outcome at most;
 *     who comes later uses the stored one (R3).
 * O2. An outcome is written under the fence of its claim, or not at all (R5).
 * O3. What is settled without being run counts no start.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { PartialOutput, StepOutcome, StepRecord, StepResult } from '../contracts/ledger.ts';
import { attemptNumber, compareAttempts } from './attempt.ts';
import { type Claim, claimStep } from './claim-step.ts';
import { letterOf, stepParked } from './dead-letter.ts';
import { withinLimits } from './outcome-size.ts';
import { stepEnded, stepQueued } from './step-events.ts';

export type Settlement =
  | { readonly kind: 'write'; readonly record: StepRecord }
  | { readonly kind: 'stored'; readonly outcome: StepOutcome }
  /** Another holder works on the step: neither write nor answer. */
  | { readonly kind: 'lost' };

export function settleStep(current: StepRecord | null, outcome: StepOutcome): Settlement {
  if (current === null) return { kind: 'lost' };
  const stored = current.outcomes.find(
    ({ attempt, result }) =>
      result.status === 'succeeded' || compareAttempts(attempt, outcome.attempt) === 0,
  );
  if (stored) return { kind: 'stored', outcome: stored };
  if (current.fence !== outcome.fence) return { kind: 'lost' };
  return { kind: 'write', record: { ...withOutcome(current, outcome), rev: current.rev + 1 } };
}

/** An attempt that has ended owes nothing any more: neither a start's events nor a copy. */
function withOutcome(record: StepRecord, outcome: StepOutcome): StepRecord {
  const { deferral: _, ...rest } = record;
  return { ...rest, outcomes: withinLimits([...record.outcomes, outcome]), started: [] };
}

/**
 * The record of a step whose former holder is fenced off, and that nobody holds now: what the holder
 * has recorded of its calls is complete.
 */
export function fenceOff(claim: Claim): StepRecord {
  const claimed = claimStep(claim);
  const started = claimed.started.filter(({ fence }) => fence !== claimed.fence);
  return { ...claimed, starts: claimed.starts - 1, started, leaseUntilMs: claim.nowMs };
}

/** What belongs to the end of a step that is not run. */
export interface UnstartedEnd {
  /** The run whose result it is, when it is another's. */
  readonly reusedFrom?: string | undefined;
  /** What a lost holder of the attempt had to show; a success needs none. */
  readonly partial?: PartialOutput | null;
  /** Since it began to wait, if that was what it did. @default 0 */
  readonly durationMs?: number;
  /** What else has happened with the end, under its fence. */
  readonly told?: (fence: number) => readonly SignalboxEvent[];
}

/** The record of a step that ends without being run: claimed and settled in one write. */
export function settleUnstarted(
  claim: Claim,
  result: StepResult,
  { reusedFrom, partial, durationMs = 0, told = () => [] }: UnstartedEnd = {},
): {
  readonly record: StepRecord;
  readonly outcome: StepOutcome;
} {
  const claimed = fenceOff(claim);
  const { message, nowMs } = claim;
  const { fence, attempt, outcomes } = claimed;
  const number = attemptNumber(outcomes, attempt);
  const events = [
    stepQueued(message, number),
    ...told(fence),
    stepEnded(message, {
      fence,
      attempt: number,
      result,
      atMs: nowMs,
      durationMs,
      ...(reusedFrom !== undefined && { reusedFrom }),
    }),
  ];
  const ended = {
    attempt,
    fence,
    endedAt: new Date(nowMs).toISOString(),
    result,
    events,
    ...(partial && { partial }),
  };
  const letter = letterOf(message, ended);
  const outcome = letter
    ? { ...ended, events: [...events, stepParked(message, fence, letter)] }
    : ended;
  return { record: withOutcome(claimed, outcome), outcome };
}
