/**
 * Buckets by their limits: how one begins, and what a configuration or an operator changes in it.
 *
 * Boundary: pure. Every change answers the record to write, `ver` one more than before.
 *
 * Invariants
 * L1. A configuration that is deployed anew moves the buckets that follow the configuration; an
 *     operator's word stays until it is taken back.
 * L2. A rate that a person sets holds at once: what was learned about the old one is forgotten.
 */
import type { QuotaLimits, QuotaRecord } from '../contracts/quota.ts';
import { emptied, emptyLine, rebased } from './quota-line.ts';

/** Share of the configured rate that is used: clocks differ, and calls do not all take equally long to arrive. */
const USED_SHARE = 0.99;

type BucketLimits = QuotaRecord['limits'];

/** What an operator may change; what is absent stays. */
export interface QuotaOrder extends Partial<BucketLimits> {
  /** `true`: no call begins until it is `false` again. That ends an outage, too. */
  readonly paused?: boolean;
  /** Back to the configuration. */
  readonly reset?: true;
}

/** The limits of a bucket: the shared one's, or each tenant's; `undefined` when tenants have none of their own. */
export function bucketLimits(limits: QuotaLimits, tenant: undefined): BucketLimits;
export function bucketLimits(
  limits: QuotaLimits,
  tenant: string | undefined,
): BucketLimits | undefined;
export function bucketLimits(
  { perTenant, ...shared }: QuotaLimits,
  tenant: string | undefined,
): BucketLimits | undefined {
  return tenant === undefined ? shared : perTenant;
}

export function newBucket(
  key: { readonly quota: string; readonly tenant?: string },
  limits: BucketLimits,
  nowMs: number,
): QuotaRecord {
  const { quota, tenant } = key;
  const { requests, tokens } = rates(limits, 1);
  return {
    quota,
    ...(tenant !== undefined && { tenant }),
    ver: 1,
    epoch: 1,
    limits,
    setBy: 'config',
    requests: emptyLine(requests, nowMs),
    ...(tokens !== undefined && { tokens: emptyLine(tokens, nowMs) }),
    pace: 1,
    pacedAtMs: nowMs,
    failures: 0,
    throttled: 0,
    taken: 0,
    takenBy: {},
  };
}

/** What a configuration that is found at a start changes; `null` for nothing (L1). */
export function configured(
  record: QuotaRecord,
  limits: BucketLimits,
  nowMs: number,
): QuotaRecord | null {
  if (record.setBy !== 'config' || equal(record.limits, limits)) return null;
  return limited(record, limits, 'config', nowMs);
}

/** What an operator's order makes of a bucket. */
export function ordered(
  record: QuotaRecord,
  order: QuotaOrder,
  { configuration, nowMs }: { readonly configuration: BucketLimits; readonly nowMs: number },
): QuotaRecord {
  const { paused, reset, ...changes } = order;
  let next: QuotaRecord = { ...record, ver: record.ver + 1 };
  if (reset) next = limited(record, configuration, 'config', nowMs);
  if (Object.keys(changes).length > 0) {
    next = limited(record, { ...next.limits, ...changes }, 'operator', nowMs);
  }
  if (paused === true) return { ...next, closed: { kind: 'paused', atMs: nowMs } };
  return paused === false && next.closed ? opened(next, nowMs) : next;
}

/** The same bucket at another pace, or as new limits want it. */
export function paced(record: QuotaRecord, pace: number, nowMs: number): QuotaRecord {
  const { requests, tokens } = rates(record.limits, pace);
  const { tokens: line, ...rest } = record;
  return {
    ...rest,
    ver: record.ver + 1,
    requests: rebased(record.requests, requests, nowMs),
    ...(tokens !== undefined && {
      tokens: line ? rebased(line, tokens, nowMs) : emptyLine(tokens, nowMs),
    }),
    pace,
    pacedAtMs: nowMs,
  };
}

/** A closed bucket open again, everybody's place void: `ver` is the caller's. */
export function opened(record: QuotaRecord, nowMs: number): QuotaRecord {
  const { closed: _, tokens, ...rest } = record;
  return {
    ...rest,
    epoch: record.epoch + 1,
    failures: 0,
    requests: emptied(record.requests, nowMs),
    ...(tokens && { tokens: emptied(tokens, nowMs) }),
  };
}

function limited(
  record: QuotaRecord,
  limits: BucketLimits,
  setBy: QuotaRecord['setBy'],
  nowMs: number,
): QuotaRecord {
  const { failedPace: _, cutPace: __, cutAtMs: ___, ...fresh } = record;
  return paced({ ...fresh, limits, setBy }, 1, nowMs);
}

const rates = (
  { requestsPerSecond, tokensPerMinute }: BucketLimits,
  pace: number,
): { readonly requests: number; readonly tokens?: number } => ({
  requests: requestsPerSecond * USED_SHARE * pace,
  ...(tokensPerMinute !== undefined && { tokens: (tokensPerMinute / 60) * USED_SHARE * pace }),
});

const equal = (a: BucketLimits, b: BucketLimits): boolean =>
  a.requestsPerSecond === b.requestsPerSecond &&
  a.tokensPerMinute === b.tokensPerMinute &&
  a.burst === b.burst;
