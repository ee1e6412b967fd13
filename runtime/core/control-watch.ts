/**
 * How fresh what is known of a run's control record must be.
 *
 * Boundary: pure. Knowledge is as old as the beginning of the read that brought it.
 * Invariants
 * C1. A stop is noticed by running code within WATCH_MS and the time of one read: within a second, if
 *     that takes no longer than a quarter of one.
 * C2. No call begins on knowledge older than STALE_MS: with it, none begins later than that after a
 *     stop (R10), whatever becomes of the reads.
 */

/** How often the control records of the runs in flight are read. */
export const WATCH_MS = 750;
/** A call that begins on older knowledge reads again before. */
const FRESH_MS = 250;
const STALE_MS = 1000;

/**
 * `fresh`: begin. `old`: read again first, and begin if that cannot be done. `stale`: read again, and
 * do not begin before that has been done.
 */
type Freshness = 'fresh' | 'old' | 'stale';

export function freshness(knownAtMs: number, nowMs: number): Freshness {
  const ageMs = nowMs - knownAtMs;
  if (ageMs <= FRESH_MS) return 'fresh';
  return ageMs <= STALE_MS ? 'old' : 'stale';
}
