/**
 * Outages: when a bucket closes by itself, who tries whether it is over, and how long the others stay away.
 *
 * Boundary: pure; chance is handed in as a fraction.
 *
 * Invariants
 * O1. While a bucket is closed it gives out no places, and at most one call in two seconds is made, or
 *     less often where the bucket's rate is lower (R7): the probe's.
 * O2. Only a call that began after the bucket closed opens it: an answer to an older one says nothing.
 * O3. Places of before are void once it opens again: everybody lines up anew, at the rate.
 */
import type { QuotaClosure, QuotaRecord } from '../contracts/quota.ts';
import { opened } from './quota-limits.ts';

/** Failures in a row: where one call in ten fails by chance, that happens once in 100,000 calls. */
const FAILURES = 5;
/**
 * The next probe waits as long as the outage lasts already, within these. In simulation a limit of 5 s
 * costs 7 calls more in a minute's outage, and brings a percent of goodput.
 */
const PROBE_MIN_MS = 2000;
const PROBE_MAX_MS = 10_000;
/** Those who stay away come back between these. */
const AWAY_MIN_MS = 2000;
const AWAY_MAX_MS = 10_000;
const AWAY_SHARE_OF_AGE = 0.5;

/**
 * What a call changes that the provider failed (5xx, timeout); `null` for nothing.
 * @param epoch of the call's place: one from before the last outage says nothing about now
 */
export function failed(record: QuotaRecord, epoch: number, nowMs: number): QuotaRecord | null {
  if (record.closed || epoch !== record.epoch) return null;
  const failures = record.failures + 1;
  const next = { ...record, ver: record.ver + 1, failures };
  if (failures < FAILURES) return next;
  const probeAtMs = nowMs + probeEveryMs(record, 0);
  return { ...next, closed: { kind: 'outage', atMs: nowMs, probeAtMs } };
}

/** What a call changes that the provider answered; `null` for nothing. */
export function answered(
  record: QuotaRecord,
  beganAtMs: number,
  nowMs: number,
): QuotaRecord | null {
  if (!record.closed) {
    return record.failures === 0 ? null : { ...record, ver: record.ver + 1, failures: 0 };
  }
  if (record.closed.kind === 'paused' || beganAtMs <= record.closed.atMs) return null;
  return { ...opened(record, nowMs), ver: record.ver + 1 };
}

/** The record that makes its writer the next probe; `null` when it is not time for one. */
export function probed(record: QuotaRecord, nowMs: number): QuotaRecord | null {
  const { closed } = record;
  if (closed?.kind !== 'outage' || nowMs < closed.probeAtMs) return null;
  const everyMs = probeEveryMs(record, nowMs - closed.atMs);
  return {
    ...record,
    ver: record.ver + 1,
    closed: { ...closed, probeAtMs: nowMs + everyMs },
  };
}

const probeEveryMs = ({ requests }: QuotaRecord, ageMs: number): number =>
  Math.max(1000 / requests.rate, between(PROBE_MIN_MS, ageMs, PROBE_MAX_MS));

/** How long a call stays away from a closed bucket. */
export function awayMs(closed: QuotaClosure, fraction: number, nowMs: number): number {
  const most = between(AWAY_MIN_MS * 2, (nowMs - closed.atMs) * AWAY_SHARE_OF_AGE, AWAY_MAX_MS);
  return Math.round(AWAY_MIN_MS + fraction * (most - AWAY_MIN_MS));
}

const between = (min: number, value: number, max: number): number =>
  Math.max(min, Math.min(max, value));
