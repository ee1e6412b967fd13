/**
 * How long before its turn a call that was put off is on its way again.
 *
 * Job: a queue delivers late, a worker has to be free, the code runs up to its call. A place that is used
 * too late is lost (`quota-ticket.ts`), so calls set out as much earlier as they came late lately.
 * Boundary: pure; a process remembers its own wakes.
 *
 * Invariants
 * A1. The lead is never below what an idle machine needs, nor above what a call waits in place for.
 * A2. It grows with the first wake that comes late and falls when nothing as late was seen for a while: to
 *     come late costs a place, to come early a wait.
 */

/** What it takes to claim the step again and to replay its recorded calls, most of the time. */
const LEAST_MS = 500;

/** With more, workers would be busy with waiting. */
const MOST_MS = 3000;

/** A call that came for its turn waits so long in place: for its lead, and where others went ahead meanwhile. */
export const TURN_IN_PLACE_MS = MOST_MS + 1000;

/** Waiting counts as time of the attempt: no more of it is risked than a tenth. */
const SHARE_OF_TIMEOUT = 0.1;

/** A machine that was busy half a minute ago may be idle now. */
const REMEMBERED_MS = 30_000;

/** A call that came for its turn. */
export interface Wake {
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** So long after it was to set out. */
  readonly lateMs: number;
}

/** The wakes that count, with one more. */
export const withWake = (wakes: readonly Wake[], wake: Wake): readonly Wake[] => [
  ...recent(wakes, wake.atMs),
  wake,
];

/** @param timeoutMs of the attempt that is put off */
export function leadMs(wakes: readonly Wake[], timeoutMs: number, nowMs: number): number {
  const latest = Math.max(0, ...recent(wakes, nowMs).map(({ lateMs }) => lateMs));
  const most = Math.min(MOST_MS, timeoutMs * SHARE_OF_TIMEOUT);
  return Math.max(LEAST_MS, Math.min(latest, most));
}

const recent = (wakes: readonly Wake[], nowMs: number): readonly Wake[] =>
  wakes.filter(({ atMs }) => nowMs - atMs <= REMEMBERED_MS);
