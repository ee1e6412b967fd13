/**
 * The fences: reasons to end a step before anything is paid for it (R6).
 *
 * Boundary: pure. The run's record is the authority; the message carries hints, which may only make
 * the time shorter (a child has what its parent has left).
 */
import type { Failure } from '../contracts/errors.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { failure } from './failure.ts';

interface FenceState {
  /** The control record of the run's tree; `null` when the ledger has none. */
  readonly run: RunRecord | null;
  readonly message: TaskMessage;
  readonly nowMs: number;
}

type Fence = (state: FenceState) => Failure | null;

const deadline: Fence = (state) => {
  const deadlineMs = deadlineOf(state);
  if (state.nowMs < deadlineMs) return null;
  return failure(
    'DEADLINE_EXCEEDED',
    `the run's deadline ${new Date(deadlineMs).toISOString()} has passed; nothing more is started for it`,
  );
};

/** Asked in this order; the first that objects decides. */
const FENCES: readonly Fence[] = [deadline];

/** Why the step must not be started; `null` when it may. */
export function closedFence(state: FenceState): Failure | null {
  for (const fence of FENCES) {
    const objection = fence(state);
    if (objection) return objection;
  }
  return null;
}

/** Epoch milliseconds after which the step's answer is worth nothing. */
export const deadlineOf = ({ run, message }: Omit<FenceState, 'nowMs'>): number =>
  Math.min(
    Date.parse(message.run.deadlineAt),
    run === null ? Number.POSITIVE_INFINITY : Date.parse(run.deadlineAt),
  );
