/**
 * What a list shows of a run, merged from parts that arrive in any order and any number of times.
 *
 * Invariants
 * R11. `mergeListings` is commutative, associative and idempotent, so the listing is a function of
 *      the set of its parts. Of two statuses the one with the larger version stays; of two values
 *      of another fact the smaller one, which for times is the earlier one; waits are a set that grows,
 *      and of each its end.
 */
import { isTerminal, type RunStatus } from '../contracts/status.ts';
import type { RunFilter, RunListing, RunStatusEntry } from '../ports.ts';
import { canonicalJson } from './hash.ts';

/** Merges two listings of the same run. */
export function mergeListings(a: RunListing, b: RunListing): RunListing {
  const acceptedAt = smaller(a.acceptedAt, b.acceptedAt);
  const startedAt = smaller(a.startedAt, b.startedAt);
  const deadlineAt = smaller(a.deadlineAt, b.deadlineAt);
  const tags = smaller(a.tags, b.tags);
  const status = newer(a.status, b.status);
  const waits = withEnds(a.waits, b.waits);
  return {
    run: a.run,
    tenant: a.tenant,
    workflow: a.workflow,
    ...(acceptedAt !== undefined && { acceptedAt }),
    ...(startedAt !== undefined && { startedAt }),
    ...(deadlineAt !== undefined && { deadlineAt }),
    ...(tags !== undefined && { tags }),
    ...(status !== undefined && { status }),
    ...(waits !== undefined && { waits }),
  };
}

/** The status that a list shows: a run that goes on and has an open wait is `waiting`. */
export function listedStatus({ status, waits = {} }: RunListing): RunStatus | undefined {
  if (status === undefined || isTerminal(status.status)) return status?.status;
  const isOpen = ([key, wait]: [string, string]): boolean =>
    wait === 'open' && key.startsWith(`${status.gen}#`);
  return Object.entries(waits).some(isOpen) ? 'waiting' : status.status;
}

/** The same instant in the one spelling whose order as text is the order in time. */
export const sortableTime = (iso: string): string => new Date(iso).toISOString();

/** The sort key of lists: newest run last, without ties. */
export const acceptedKey = (acceptedAt: string, run: string): string =>
  `${sortableTime(acceptedAt)}#${run}`;

/** True for a listing that a list with this filter shows; never before its acceptance is known. */
export function fitsFilter(listing: RunListing, filter: RunFilter): boolean {
  if (listing.acceptedAt === undefined) return false;
  const acceptedAt = sortableTime(listing.acceptedAt);
  const { tenant, workflow, status, tag, from, to } = filter;
  return [
    listing.tenant === tenant,
    workflow === undefined || listing.workflow === workflow,
    status === undefined || listedStatus(listing) === status,
    tag === undefined || listing.tags?.[tag.key] === tag.value,
    from === undefined || acceptedAt >= sortableTime(from),
    to === undefined || acceptedAt < sortableTime(to),
  ].every(Boolean);
}

function smaller<T>(a: T | undefined, b: T | undefined): T | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return canonicalJson(a) <= canonicalJson(b) ? a : b;
}

/** The union of both; the end of a wait beats its beginning. */
function withEnds(a: RunListing['waits'], b: RunListing['waits']): RunListing['waits'] {
  if (a === undefined || b === undefined) return a ?? b;
  const ended = Object.entries({ ...a, ...b }).map(
    ([key, wait]) => [key, a[key] === 'ended' || b[key] === 'ended' ? 'ended' : wait] as const,
  );
  return Object.fromEntries(ended);
}

function newer(
  a: RunStatusEntry | undefined,
  b: RunStatusEntry | undefined,
): RunStatusEntry | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.version !== b.version) return a.version > b.version ? a : b;
  return smaller(a, b);
}
