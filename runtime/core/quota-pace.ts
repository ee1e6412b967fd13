/**
 * How the rate of a bucket follows what the provider takes.
 *
 * Job: a provider that refuses calls is asked less often, and then more and more often again, never
 * above what is configured.
 * Boundary: pure. The rule of growth is that of TCP CUBIC: slow around the pace that failed, fast far
 * from it. Constants by simulation (docs/flow-control.md).
 */
import type { QuotaRecord } from '../contracts/quota.ts';
import { paced } from './quota-limits.ts';
import { frozen } from './quota-line.ts';

const CUT = 0.9;
/** Refused again so soon after a cut, the rate is far off, and finding the right one by tenths would draw refusals. */
const CUT_AGAIN = 0.8;
const AGAIN_WITHIN_MS = 6000;
/** Refusals of calls that were under way together are one message. */
const CUT_EVERY_MS = 2000;
/** Below this a provider takes practically nothing, and finding out that it does again would take minutes. */
const MIN_PACE = 0.01;
/** From a cut until the pace that failed is tried again. */
const RECOVERY_MS = 40_000;
const GROW_EVERY_MS = 1000;
/** A shorter `Retry-After` is HTTP's smallest unit, not a word about when. */
const RETRY_AFTER_MIN_SECONDS = 2;
/** Longer than that nobody is believed: a call asks again. */
const RETRY_AFTER_MAX_SECONDS = 300;

/** What a 429 changes: the pace, and with a `Retry-After` the places, which all move behind it. */
export function throttled(
  record: QuotaRecord,
  retryAfterSeconds: number | undefined,
  nowMs: number,
): QuotaRecord {
  const counted = { ...record, throttled: record.throttled + 1 };
  const isCut = sinceCutMs(record, nowMs) >= CUT_EVERY_MS;
  const cut = isCut ? slower(counted, nowMs) : { ...counted, ver: record.ver + 1 };
  if (retryAfterSeconds === undefined || retryAfterSeconds < RETRY_AFTER_MIN_SECONDS) return cut;
  const untilMs = nowMs + Math.min(retryAfterSeconds, RETRY_AFTER_MAX_SECONDS) * 1000;
  return {
    ...cut,
    requests: frozen(cut.requests, untilMs, nowMs),
    ...(cut.tokens && { tokens: frozen(cut.tokens, untilMs, nowMs) }),
  };
}

/** What a call that the provider answered changes in the pace; `null` for nothing. */
export function grown(record: QuotaRecord, nowMs: number): QuotaRecord | null {
  if (record.pace >= 1 || nowMs - record.pacedAtMs < GROW_EVERY_MS) return null;
  const pace = Math.min(1, cubic(record, nowMs));
  return pace > record.pace ? paced(record, pace, nowMs) : null;
}

function slower(record: QuotaRecord, nowMs: number): QuotaRecord {
  const cut = sinceCutMs(record, nowMs) <= AGAIN_WITHIN_MS ? CUT_AGAIN : CUT;
  const cutPace = Math.max(MIN_PACE, record.pace * cut);
  return { ...paced(record, cutPace, nowMs), failedPace: record.pace, cutPace, cutAtMs: nowMs };
}

const sinceCutMs = ({ cutAtMs = Number.NEGATIVE_INFINITY }: QuotaRecord, nowMs: number): number =>
  nowMs - cutAtMs;

/** The pace so long after the last cut: it comes from there to the one that failed, and leaves it upward. */
function cubic({ failedPace = 1, cutPace = CUT, cutAtMs = 0 }: QuotaRecord, nowMs: number): number {
  const progress = (nowMs - cutAtMs) / RECOVERY_MS;
  // A cut at the lowest pace has cut nothing, and would never grow.
  const depth = Math.max(failedPace - cutPace, failedPace * (1 - CUT));
  return failedPace + depth * (progress - 1) ** 3;
}
