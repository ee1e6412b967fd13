/**
 * A story second by second, for those who watch it and for the chart.
 *
 * Boundary: pure; made from what clients saw and the provider counted.
 */
import type { ClientRequest } from './measures.ts';
import type { CallSample, Recording } from './story.ts';

export interface Moment {
  readonly at: number;
  /** Requests per second that came, in the mean of the last seconds. */
  readonly offered: number;
  /** Answers per second that came before their deadline, likewise. */
  readonly goodput: number;
  /** Age of the oldest request that was let in and has no answer, in seconds. */
  readonly backlogAge: number;
  /** Provider calls per useful answer of the last while; `null` when nothing was called. */
  readonly callsPerAnswer: number | null;
}

/** Seconds that a rate is the mean of: long enough to see through the chance of single arrivals. */
const RATE_WINDOW = 5;
const CALLS_WINDOW = 15;

export function series(
  { requests, calls }: Pick<Recording, 'requests' | 'calls'>,
  lengthSeconds: number,
  deadlineSeconds: number,
): readonly Moment[] {
  const useful = requests.filter((request) => isUseful(request, deadlineSeconds));
  return Array.from({ length: Math.floor(lengthSeconds) + 1 }, (_, at) => {
    const offered = countIn(
      requests.map(({ askedAt }) => askedAt),
      at - RATE_WINDOW,
      at,
    );
    const answers = useful.map(({ endedAt }) => endedAt);
    const called = callsUntil(calls, at) - callsUntil(calls, at - CALLS_WINDOW);
    const answered = countIn(answers, at - CALLS_WINDOW, at);
    return {
      at,
      offered: offered / Math.min(RATE_WINDOW, Math.max(1, at)),
      goodput: countIn(answers, at - RATE_WINDOW, at) / Math.min(RATE_WINDOW, Math.max(1, at)),
      backlogAge: oldestAt(requests, at),
      callsPerAnswer: called === 0 ? null : called / Math.max(1, answered),
    };
  });
}

export const isUseful = (
  { end, endedAt, acceptedAt, askedAt }: ClientRequest,
  deadlineSeconds: number,
): boolean => end === 'answered' && endedAt - (acceptedAt ?? askedAt) <= deadlineSeconds;

const countIn = (instants: readonly number[], from: number, to: number): number =>
  instants.filter((at) => at > from && at <= to).length;

const callsUntil = (calls: readonly CallSample[], second: number): number =>
  calls.findLast(({ at }) => at <= second)?.requests ?? 0;

function oldestAt(requests: readonly ClientRequest[], second: number): number {
  const ages = requests
    .filter(
      ({ acceptedAt, end, endedAt }) =>
        acceptedAt !== undefined && acceptedAt <= second && (end === 'open' || endedAt > second),
    )
    .map(({ acceptedAt = second }) => second - acceptedAt);
  return Math.max(0, ...ages);
}
