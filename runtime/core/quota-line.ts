/**
 * The arithmetic of lines: what a line's clock shows, and when a place is due.
 *
 * Boundary: pure; epoch milliseconds are handed in. How places are taken: `quota-take.ts`.
 *
 * Invariants
 * Q1. Over any window, calls made when they are due cost at most rate × window + burst, and one more
 *     while the fast lane is used (R7): a place is a share of the clock, and the clock runs at the rate.
 *     What late calls bunch comes on top, in each of the two lanes.
 * Q2. Nothing is due before `t0`: freezing a line moves all its places at once.
 * Q3. A change of the rate moves no clock at the instant of the change; places given out come due at the
 *     new rate from then on.
 * Q4. No lane's clock goes back: what was due stays due, and what was lost stays lost, whoever goes ahead.
 *     Only tokens that are given back may turn it back, by no more than they are.
 */
import type { CallLine, QuotaLine } from '../contracts/quota.ts';

export type Lane = 'main' | 'fast';

/** What a plain line's clock shows: `v0` until `t0`, and `rate` more every second from then on. */
export const clockOf = ({ v0, t0, rate }: Omit<QuotaLine, 'next'>, nowMs: number): number =>
  v0 + (Math.max(0, nowMs - t0) / 1000) * rate;

/** When a plain line's clock shows `mark`; never before `t0` (Q2). Epoch milliseconds, not rounded. */
export const timeOf = ({ v0, t0, rate }: Omit<QuotaLine, 'next'>, mark: number): number =>
  t0 + (Math.max(0, mark - v0) / rate) * 1000;

/**
 * What the clock of a lane shows. The main lane's stands still while those who go ahead have their turns.
 * Put back by all of them at once, it would come to places a second time that nobody used in time: after a
 * stall, those would be used beside the places of the fast lane, at twice the rate (Q4).
 */
export const laneClock = (line: CallLine, lane: Lane, nowMs: number): number =>
  lane === 'fast'
    ? clockOf(line, nowMs)
    : Math.max(clockOf(line, nowMs), line.fastNext) - line.pushed;

/** The next place of a lane. */
export const laneNext = (line: CallLine, lane: Lane): number =>
  lane === 'fast' ? line.fastNext : line.next;

/**
 * When a place is due, not rounded; it may be over. Of one that was due before others went ahead it is
 * known only that it is due, not since when: `t0`.
 * @param slack how far ahead of the clock a place may go: `slackOf`
 */
export const dueAtMs = (line: CallLine, lane: Lane, place: number, slack: number): number => {
  if (lane === 'fast') return timeOf(line, place - slack);
  const mark = place + line.pushed - slack;
  return mark <= line.fastNext ? line.t0 : timeOf(line, mark);
};

/** The last place of a lane that is due at `limitMs` or before; `-Infinity` when the line is frozen until later. */
export const lastPlace = (line: CallLine, lane: Lane, limitMs: number, slack: number): number =>
  limitMs < line.t0 ? Number.NEGATIVE_INFINITY : laneClock(line, lane, limitMs) + slack;

/**
 * After a pause `burst` calls may go at once: all but the first are so much ahead of the clock. In a
 * line of tokens the measure is the call's own cost. The fast lane has no burst.
 */
export const slackOf = (lane: Lane, burst: number, cost: number): number =>
  lane === 'fast' ? 0 : (burst - 1) * cost;

/** The same line at another rate from now on, or from its `t0` while it is frozen (Q3). */
export const rebased = (line: CallLine, rate: number, nowMs: number): CallLine =>
  rate === line.rate
    ? line
    : { ...line, v0: clockOf(line, nowMs), t0: Math.max(nowMs, line.t0), rate };

/** The same line with nothing due before `untilMs` (Q2). */
export const frozen = (line: CallLine, untilMs: number, nowMs: number): CallLine =>
  untilMs <= line.t0 ? line : { ...line, v0: clockOf(line, nowMs), t0: untilMs };

/** A line with nobody in it. */
export const emptyLine = (rate: number, nowMs: number): CallLine => ({
  next: 0,
  v0: 0,
  t0: nowMs,
  rate,
  pushed: 0,
  fastNext: 0,
});

/** The same line after everybody in it was sent away. */
export const emptied = (line: CallLine, nowMs: number): CallLine => ({
  ...emptyLine(line.rate, nowMs),
  t0: Math.max(nowMs, line.t0),
});

/**
 * How far a take in the fast lane moves the others back: by what it costs beyond what it gives back. One
 * that gives back more moves nobody forward: many who wait would find their turn over.
 */
export const pushedBy = (cost: number, returned: number): number => Math.max(0, cost - returned);
