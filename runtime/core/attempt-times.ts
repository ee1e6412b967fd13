import type { AttemptHistory } from './step-history.ts';

/** Where an attempt's time went, as far as its steps tell. Instants in epoch milliseconds. */
export interface AttemptTimes {
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Waiting for a worker. */
  readonly queuedMs: number;
  /** From the first claim to the end. */
  readonly runMs: number;
}

/**
 * Clocks of workers and of Step Functions differ by some milliseconds; no duration is below 0.
 * @param untilMs the instant up to which an attempt without an end is counted
 */
export function timesOf(attempt: AttemptHistory, untilMs: number): AttemptTimes {
  const startedAtMs = attempt.claimsMs[0] ?? null;
  const endedAtMs = attempt.end?.atMs ?? null;
  const waitedUntilMs = startedAtMs ?? endedAtMs ?? untilMs;
  const queuedAtMs = Math.min(attempt.queuedAtMs ?? waitedUntilMs, waitedUntilMs);
  const runMs = startedAtMs === null ? 0 : Math.max(0, (endedAtMs ?? untilMs) - startedAtMs);
  return { queuedAtMs, startedAtMs, endedAtMs, queuedMs: waitedUntilMs - queuedAtMs, runMs };
}
