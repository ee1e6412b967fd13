/**
 * How long a message that goes back to its queue stays away.
 *
 * Invariants
 * G1. A queue gives a message up after 12 receives, so trouble that lasts must not use them up: the
 *     waits after trouble grow to 15 minutes and never fall below half their limit. Eleven of them
 *     last 52 minutes at least, 79 on average, 105 at most: so long an outage may be.
 * G2. Waits are jittered: what failed together does not come back together.
 * G3. A message that waits for a known instant uses up one receive, whatever the wait.
 */
import { type Backoff, backoffMs } from './backoff.ts';

type Growth = Pick<Backoff, 'baseMs' | 'capMs'>;

const AFTER_TROUBLE: Growth = { baseMs: 30_000, capMs: 900_000 };
const UNSTARTED: Growth = { baseMs: 4000, capMs: 60_000 };

/** Half of what SQS hides a message at most: the rest of a longer wait begins with another receive. */
const LONGEST_SECONDS = 6 * 60 * 60;

/** What is so near is waited for in place. */
export const IN_PLACE_MS = 2000;

/** How a receipt came out: how many there were, the last one included, and a number from 0 to 1. */
interface Receipt {
  readonly receiveCount: number;
  readonly fraction: number;
}

/** Seconds to wait after something that the message needs was away. */
export const secondsAfterTrouble = (receipt: Receipt): number => seconds(AFTER_TROUBLE, receipt);

/** Seconds to wait after an invocation had no time left for the message. */
export const secondsUnstarted = (receipt: Receipt): number => seconds(UNSTARTED, receipt);

/**
 * Seconds to wait for an instant: a message that waits for one comes a second early and waits for the
 * rest in place (G3).
 */
export const secondsUntil = (atMs: number, nowMs: number): number =>
  Math.min(LONGEST_SECONDS, Math.max(0, Math.ceil((atMs - nowMs) / 1000) - 1));

const seconds = (growth: Growth, { receiveCount, fraction }: Receipt): number =>
  Math.round(backoffMs(growth, receiveCount, (1 + fraction) / 2) / 1000);
