/**
 * A quota as people see it: what it lets through, who waits in its line, and how long.
 *
 * Boundary: pure. A quota that is configured and has no bucket yet is shown as if its line were empty:
 * its first call makes the bucket.
 */
import type { QuotaView } from '../contracts/fleet.ts';
import type { QuotaLimits, QuotaPlace, QuotaRecord } from '../contracts/quota.ts';
import { isoTime } from './iso-time.ts';
import { bucketLimits, newBucket } from './quota-limits.ts';
import { nextDueAtMs, type PlaceRequest, placeDueAtMs } from './quota-take.ts';

type Configured = Readonly<Record<string, QuotaLimits>>;

/** All quotas in the order of their names, each tenant's own line behind the shared one. */
export function quotaViews(
  records: readonly QuotaRecord[],
  configured: Configured,
  nowMs: number,
): readonly QuotaView[] {
  const known = new Set(records.flatMap(({ quota, tenant }) => (tenant ? [] : [quota])));
  const unused = Object.entries(configured)
    .filter(([quota]) => !known.has(quota))
    .map(([quota, limits]) => newBucket({ quota }, bucketLimits(limits, undefined), nowMs));
  return [...records, ...unused]
    .map((record) => quotaViewOf(record, configured[record.quota], nowMs))
    .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

const orderOf = ({ quota, tenant = '' }: QuotaView): string => `${quota} ${tenant}`;

/** @param configured as the stage has it; absent for a quota that it does not have any more */
export function quotaViewOf(
  record: QuotaRecord,
  configured: QuotaLimits | undefined,
  nowMs: number,
): QuotaView {
  const { quota, tenant, limits, setBy, requests, closed, throttled, taken } = record;
  const perTenant = tenant === undefined ? configured?.perTenant : undefined;
  const ahead = closed ? NOBODY : aheadMs(record, nowMs);
  return {
    quota,
    ...(tenant !== undefined && { tenant }),
    limits: { ...limits, ...(perTenant && { perTenant }) },
    setBy,
    ratePerSecond: closed ? 0 : requests.rate,
    state: closed?.kind ?? (record.pace < 1 ? 'slowed' : 'open'),
    ticketsAhead: placesIn(ahead.requests, requests.rate),
    waitSeconds: closed ? null : Math.max(0, nextDueAtMs(record, NEWCOMER, nowMs) - nowMs) / 1000,
    clearsInSeconds: closed ? null : (ahead.frozen + Math.max(ahead.requests, ahead.tokens)) / 1000,
    limitedBy: ahead.tokens > ahead.requests ? 'tokens' : 'requests',
    ...(closed && { closedAt: isoTime(closed.atMs) }),
    throttled,
    taken,
  };
}

/** Of instants in milliseconds a double knows so much for sure. */
const INSTANT_ERROR_MS = 0.001;

const placesIn = (ms: number, perSecond: number): number =>
  Math.ceil((Math.max(0, ms - INSTANT_ERROR_MS) / 1000) * perSecond);

/** A call that lines up now; what it needs of tokens is not known. */
const NEWCOMER: PlaceRequest = {
  workflow: '',
  lane: 'main',
  deadlineMs: Number.POSITIVE_INFINITY,
  tokens: 0,
};

/** How long each line has to move until its last place is due, and how long until it moves at all. */
interface Ahead {
  readonly requests: number;
  readonly tokens: number;
  readonly frozen: number;
}

const NOBODY: Ahead = { requests: 0, tokens: 0, frozen: 0 };

function aheadMs(record: QuotaRecord, nowMs: number): Ahead {
  const { quota, epoch, requests, tokens } = record;
  const movesFromMs = Math.max(nowMs, requests.t0, tokens?.t0 ?? 0);
  // In a line that does not move yet, what was due before is due when it moves: those calls are over.
  const until = (place: Omit<QuotaPlace, 'quota' | 'epoch'>): number =>
    Math.max(0, placeDueAtMs(record, { quota, epoch, ...place }, 0) - movesFromMs);
  const [none, lane] = [Number.NEGATIVE_INFINITY, 'fast' as const];
  const ahead = {
    requests: Math.max(
      until({ request: requests.next - 1 }),
      until({ request: requests.fastNext - 1, lane }),
    ),
    // What the last call has reserved is not known: the place behind it tells.
    tokens: Math.max(
      until({ request: none, token: tokens?.next ?? none }),
      until({ request: none, token: tokens?.fastNext ?? none, lane }),
    ),
  };
  const isAnybodyThere = ahead.requests + ahead.tokens > 0;
  return { ...ahead, frozen: isAnybodyThere ? movesFromMs - nowMs : 0 };
}
