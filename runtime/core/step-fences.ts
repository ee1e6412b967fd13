/**
 * The fences: reasons to end a step before anything is paid for it, and to end it while it runs (R6).
 *
 * Boundary: pure. The run's record is the authority; the message carries hints, which may only make
 * the time shorter (a child has what its parent has left).
 * Invariants
 * D1. What can never count any more comes first: a generation that another has followed is superseded,
 *     whatever else holds; a stop outranks the deadline, for somebody wanted it.
 * D2. The generations of a run tell nothing about those of another: only a run's own record
 *     supersedes its messages. A stop and a deadline hold for the whole tree.
 * D3. A reaction that a replay asked for has its message's deadline: its run may have ended long ago.
 */
import type { Failure } from '../contracts/errors.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { failure } from './failure.ts';
import { waitedMs } from './wait/waited-deadline.ts';

interface FenceState {
  /** The control record of the run's tree; `null` when the ledger has none. */
  readonly run: RunRecord | null;
  readonly message: TaskMessage;
  readonly nowMs: number;
}

type Fence = (state: FenceState) => Failure | null;

const superseded: Fence = ({ run, message }) => {
  if (run === null || run.run !== message.run.id || message.run.gen >= run.gen) return null;
  return failure(
    'SUPERSEDED',
    `the run was resumed: generation ${run.gen} works on it now, and nothing more is started for generation ${message.run.gen}`,
  );
};

const stopped: Fence = ({ run }) => {
  if (!run?.stop) return null;
  const { at, reason } = run.stop;
  return failure(
    'STOPPED',
    `the run was stopped at ${at}${reason === '' ? '' : ` ("${reason}")`}; nothing more is started for it`,
  );
};

const deadline: Fence = (state) => {
  const deadlineMs = deadlineOf(state);
  if (state.nowMs < deadlineMs) return null;
  return failure(
    'DEADLINE_EXCEEDED',
    `the run's deadline ${new Date(deadlineMs).toISOString()} has passed; nothing more is started for it`,
  );
};

/** Asked in this order; the first that objects decides (D1). */
const FENCES: readonly Fence[] = [superseded, stopped, deadline];

/** Why the step must not be started; `null` when it may. */
export function closedFence(state: FenceState): Failure | null {
  for (const fence of FENCES) {
    const objection = fence(state);
    if (objection) return objection;
  }
  return null;
}

/** Epoch milliseconds after which the step's answer is worth nothing. A message knows nothing of its run's waits. */
export function deadlineOf({ run, message }: Omit<FenceState, 'nowMs'>): number {
  const toldMs = Date.parse(message.run.deadlineAt);
  if (run === null || message.reaction?.replay) return toldMs;
  return Math.min(toldMs + waitedMs(run.waits ?? []), Date.parse(run.deadlineAt));
}
