import { coveredMs, type Interval, lengthOf } from './interval.ts';
import type { AttemptHistory } from './step-history.ts';

/** Where an attempt's time went, as far as its steps tell. Instants in epoch milliseconds. */
export interface AttemptTimes {
  readonly queuedAtMs: number;
  readonly startedAtMs: number | null;
  readonly endedAtMs: number | null;
  /** Waiting for a worker. */
  readonly queuedMs: number;
  /** Put off without a failure. */
  readonly deferredMs: number;
  /** From the first claim to the end, without what was put off; a wait is all put off. */
  readonly runMs: number;
  /** From the first claim to the end; empty while there is none. */
  readonly ran: Interval;
  /** When it was put off, and until when. */
  readonly deferred: readonly Interval[];
}

/**
 * Clocks of workers and of Step Functions differ by some milliseconds; no duration is below 0.
 * @param untilMs the instant up to which an attempt without an end is counted
 */
export function timesOf(attempt: AttemptHistory, untilMs: number): AttemptTimes {
  const startedAtMs = attempt.claimsMs[0] ?? attempt.wait?.fromMs ?? null;
  const endedAtMs = attempt.end?.atMs ?? null;
  const waitedUntilMs = startedAtMs ?? endedAtMs ?? untilMs;
  const queuedAtMs = Math.min(attempt.queuedAtMs ?? waitedUntilMs, waitedUntilMs);
  const ran: Interval =
    startedAtMs === null
      ? [waitedUntilMs, waitedUntilMs]
      : [startedAtMs, Math.max(startedAtMs, endedAtMs ?? untilMs)];
  const deferred = attempt.deferrals.map(
    ({ fromMs, untilMs }): Interval => [fromMs, untilMs ?? ran[1]],
  );
  const deferredMs = coveredMs(deferred, ran);
  return {
    queuedAtMs,
    startedAtMs,
    endedAtMs,
    queuedMs: waitedUntilMs - queuedAtMs,
    deferredMs,
    runMs: lengthOf(ran) - deferredMs,
    ran,
    deferred,
  };
}
