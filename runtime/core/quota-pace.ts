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
  const isCut = nowMs - (record.cutAtMs ?? Number.NEGATIVE_INFINITY) >= CUT_EVERY_MS;
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

const slower = (record: QuotaRecord, nowMs: number): QuotaRecord => ({
  ...paced(record, Math.max(MIN_PACE, record.pace * CUT), nowMs),
  failedPace: record.pace,
  cutAtMs: nowMs,
});

/** The pace so long after the last cut: it comes from below to the one that failed, and leaves it upward. */
function cubic({ failedPace = 1, cutAtMs = 0 }: QuotaRecord, nowMs: number): number {
  const progress = (nowMs - cutAtMs) / RECOVERY_MS;
  return failedPace * (1 + (1 - CUT) * (progress - 1) ** 3);
}
