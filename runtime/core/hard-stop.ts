import type { AgentDefinition } from '../contracts/agent.ts';
import { RetryableError, type SignalboxError, TerminalError } from '../contracts/errors.ts';

/** What a worker needs to record, publish and answer an outcome before Lambda ends it. */
const FINISH_MS = 3000;

/** The instant at which an attempt must end, and the error that it then ends with. */
export interface HardStop {
  readonly atMs: number;
  readonly reason: SignalboxError;
}

export interface StopLimits {
  readonly contract: Pick<AgentDefinition, 'name' | 'timeoutSeconds'>;
  readonly nowMs: number;
  /** Epoch milliseconds. */
  readonly deadlineMs: number;
  /** What the function has left. */
  readonly remainingMs: number;
}

/**
 * The first of three ends: the run's deadline, the agent's timeout, the function's own time less what
 * it takes to finish. The deadline comes first among equals: it is final, a timeout is tried again.
 */
export function hardStop({ contract, nowMs, deadlineMs, remainingMs }: StopLimits): HardStop {
  const timeoutMs = nowMs + contract.timeoutSeconds * 1000;
  const lastMs = nowMs + remainingMs - FINISH_MS;
  const atMs = Math.min(deadlineMs, timeoutMs, lastMs);
  if (atMs === deadlineMs) {
    const at = new Date(deadlineMs).toISOString();
    return {
      atMs,
      reason: new TerminalError(`the run's deadline ${at} passed while the step ran`, {
        code: 'DEADLINE_EXCEEDED',
      }),
    };
  }
  const overrun =
    atMs === timeoutMs
      ? `ran longer than the ${contract.timeoutSeconds} s of its timeoutSeconds`
      : `ran out of its function's time after ${Math.round((lastMs - nowMs) / 1000)} s`;
  return {
    atMs,
    reason: new RetryableError(`agent "${contract.name}" ${overrun}`, { code: 'TIMEOUT' }),
  };
}

/** True when the function has time for a whole attempt: one that has not must not be started. */
export const canFinish = ({
  contract,
  remainingMs,
}: Pick<StopLimits, 'contract' | 'remainingMs'>): boolean =>
  remainingMs - FINISH_MS >= contract.timeoutSeconds * 1000;
