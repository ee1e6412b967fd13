/**
 * Which steps of a forked run take over what the origin has recorded, instead of being run.
 *
 * Boundary: pure; the caller reads the origin's record of the same path.
 * Invariants
 * U1. Only a recorded success is taken over, and only for the very same question: path, input (after
 *     patches) and contract version. So a patch does anew whatever its change reaches, and nothing else.
 * U2. What was first queued with the fork step or after it is done anew, whatever it answers. Both
 *     instants are the orchestrator's, so no worker's clock decides. A fork from the start takes over
 *     nothing.
 * U3. A result that came in after the fork step was queued, of a branch beside it, is done anew, too;
 *     ends are told by workers, whose clocks may differ by SKEW_MS.
 * U4. A step with a record of its own goes by that: what it has begun, it ends.
 */
import type { ForkOrigin, StepRecord, StepResult } from '../contracts/ledger.ts';
import type { StepState } from './step.ts';

/** So far clocks of workers are from the orchestrator's. */
const SKEW_MS = 2000;

/** A result that is taken over. */
export interface Reuse {
  readonly result: StepResult;
  /** The run that recorded it. */
  readonly reusedFrom: string;
}

/** Where the step's result may be found; `null` when it has to be run. */
export function originOf({ record, run, message }: StepState): ForkOrigin | null {
  if (record !== null || run?.run !== message.run.id) return null;
  const origin = run.forkedFrom;
  return origin && origin.from !== null ? origin : null;
}

/** What the step takes over from its origin; `null` when it has to be run. */
export function reusedResult(state: StepState, recorded: StepRecord | null): Reuse | null {
  const { inputHash, contractVersion } = state;
  const origin = originOf(state);
  if (recorded === null || origin === null) return null;
  const isSameQuestion =
    recorded.inputHash === inputHash && recorded.contractVersion === contractVersion;
  if (!isSameQuestion || !isBefore(recorded.queuedAt, origin.before)) return null;
  const success = recorded.outcomes.find(({ result }) => result.status === 'succeeded');
  if (!success || !isBefore(success.endedAt, origin.before, SKEW_MS)) return null;
  return { result: success.result, reusedFrom: origin.run };
}

const isBefore = (at: string, before: string, toleranceMs = 0): boolean =>
  Date.parse(at) < Date.parse(before) + toleranceMs;
