/**
 * What the front door got wrong, seen afterwards.
 *
 * Boundary: pure; recorded arrivals are replayed first come, first served against the recorded capacity.
 */
import type { Capacity } from './capacity.ts';
import type { ClientRequest } from './measures.ts';

export interface AdmissionErrors {
  /**
   * Of all that came: sent away for good, though each of them would have begun within the longest wait
   * had it been let in when it first asked, and nobody who was let in would have waited longer than that.
   */
  readonly rejectedThoughFits: number;
  /** Of those that were let in: without an answer by their deadline. */
  readonly acceptedButExpired: number;
}

export function admissionErrors(
  requests: readonly ClientRequest[],
  capacity: Capacity,
  maxQueueSeconds: number,
): AdmissionErrors {
  const accepted = requests.filter(({ acceptedAt }) => acceptedAt !== undefined);
  const late = accepted.filter(({ end }) => end === 'expired' || end === 'failed');
  return {
    rejectedThoughFits: fitting(requests, capacity, maxQueueSeconds) / Math.max(1, requests.length),
    acceptedButExpired: late.length / Math.max(1, accepted.length),
  };
}

function fitting(
  requests: readonly ClientRequest[],
  capacity: Capacity,
  maxQueueSeconds: number,
): number {
  let line = requests.flatMap(({ acceptedAt }) => acceptedAt ?? []).sort((a, b) => a - b);
  let allowed = allowances(capacity, line, maxQueueSeconds);
  const rejected = requests.filter(({ end }) => end === 'rejected').map(({ askedAt }) => askedAt);
  let count = 0;
  for (const at of rejected.sort((a, b) => a - b)) {
    const place = line.findLastIndex((other) => other <= at) + 1;
    const withIt = line.toSpliced(place, 0, at);
    const allowedWithIt = allowed.toSpliced(place, 0, maxQueueSeconds);
    const starts = capacity.starts(withIt);
    const isFine = starts.every((start, i) => start - (withIt[i] ?? 0) <= (allowedWithIt[i] ?? 0));
    if (!isFine) continue;
    [line, allowed] = [withIt, allowedWithIt];
    count += 1;
  }
  return count;
}

/** Who waited longer than allowed anyway does not have to wait less for another one to fit. */
function allowances(
  capacity: Capacity,
  line: readonly number[],
  maxQueueSeconds: number,
): readonly number[] {
  const starts = capacity.starts(line);
  return line.map((at, i) => Math.max(maxQueueSeconds, (starts[i] ?? at) - at));
}
