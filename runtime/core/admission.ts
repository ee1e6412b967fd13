/**
 * Admission: keeps what waits at a workflow's bottleneck within what its answers are still worth.
 *
 * Job: one decision per request, on one record per workflow; `lambda/api/admit-run.ts` puts what it gives.
 * Boundary: no I/O, no clock. What the rate is: `admission-control.ts`. A rate of 0 says that nothing
 * limits the workflow: everybody is let in, and nobody waits.
 *
 * Invariants
 * V1. Over any time, no more runs are let in than the rate gives and `maxQueueSeconds` of it, besides
 *     those of tenants below their fair share, who in turn get no more than their shares.
 * V2. Who was sent away comes before newcomers: those are let in up to half of the queue only, while
 *     somebody may come with a place.
 * V3. A place moves along when the rate changes: it is a place in a line, not a time.
 */
import type { AdmissionControl, AdmissionRecord } from '../contracts/admission.ts';
import type { QuotaLine, QuotaRecord } from '../contracts/quota.ts';
import { fairShare, withShareUsed } from './fair-share.ts';
import { clockOf, timeOf } from './quota-line.ts';

/** Whoever comes back later than that has given up the place. */
const LATE_SECONDS = 30;

/** No places further ahead than that: with half of a short queue it is within a minute, the time that the bundled client waits. */
const PLACES_SECONDS = 50;

/** A run whose clock differs a little comes in time. */
const EARLY_SECONDS = 0.5;

/** `Retry-After` has whole seconds, and the way takes time: so much later is still in time. */
const GRACE_SECONDS = 2;

/** Shorter periods make the rate swing, much longer ones lag behind a provider that halves. */
const CORRECTED_EVERY_MS = 10_000;

/** Whoever is let in before it is known that a quota has closed may expire: that is looked at more often. */
const LOOKED_EVERY_MS = 2000;

/** A wait that is worth being passed in the fast lane. */
const LANE_SECONDS = 1;

export interface AdmissionRequest {
  readonly tenant: string;
  /** A place of the line of `returns` that the request gives back; `null` for a newcomer. */
  readonly place: number | null;
  /** Longest predicted wait with which a run is let in. */
  readonly maxQueueSeconds: number;
}

export type AdmissionDecision =
  | {
      readonly kind: 'admitted';
      readonly record: AdmissionRecord;
      /** Predicted, at the bottleneck. */
      readonly waitSeconds: number;
      readonly lane?: 'fast';
    }
  | {
      readonly kind: 'rejected';
      readonly record: AdmissionRecord;
      /** Predicted, of a run that would be let in now. */
      readonly waitSeconds: number;
      /** `null`: too many are ahead for a place to be worth waiting for. */
      readonly place: number | null;
      /** Until it is its turn. */
      readonly returnSeconds: number;
    }
  /** It is not the place's turn yet; nothing is written. */
  | {
      readonly kind: 'early';
      readonly waitSeconds: number;
      readonly place: number;
      readonly returnSeconds: number;
    };

/** Of a workflow that nobody has asked for. */
export const newAdmission = (workflow: string): AdmissionRecord => ({
  workflow,
  rev: 0,
  line: NO_LINE,
  returns: NO_LINE,
  tenants: {},
  admitted: 0,
  rejected: 0,
  redeemed: 0,
  control: NO_CONTROL,
});

const NO_LINE: QuotaLine = { next: 0, v0: 0, t0: 0, rate: 0 };

const NO_CONTROL: AdmissionControl = {
  atMs: 0,
  lookedAtMs: 0,
  bottleneck: null,
  measuredPerSecond: null,
  measuredWaitSeconds: 0,
  predictedWaitSeconds: 0,
  isClosed: false,
  closedAtMs: 0,
  runSeconds: null,
  callsPerRun: {},
  takenBefore: {},
  admittedBefore: 0,
};

/** Seconds that a run waits at the bottleneck which is let in now, as the line predicts. */
export const predictedWaitSeconds = ({ line }: AdmissionRecord, nowMs: number): number =>
  untilTurn(line, line.next, nowMs);

/** Whether it is time to look at the quotas' buckets. */
export const isLookDue = ({ control }: AdmissionRecord, nowMs: number): boolean =>
  nowMs - control.lookedAtMs >= LOOKED_EVERY_MS;

/** Whether a correction (`admission-control.ts`) is due: the last one is too old, or a quota has closed or opened since. */
export const isCorrectionDue = (
  record: AdmissionRecord,
  quotas: readonly QuotaRecord[],
  nowMs: number,
): boolean =>
  nowMs - record.control.atMs >= CORRECTED_EVERY_MS ||
  isClosedTo(record, quotas) !== record.control.isClosed;

/** Whether a quota that the workflow's runs call gives out no places. */
export const isClosedTo = ({ control }: AdmissionRecord, quotas: readonly QuotaRecord[]): boolean =>
  quotas.some(({ quota, closed }) => closed && (control.callsPerRun[quota] ?? 0) > 0);

/** The record after a look that corrects nothing. */
export const lookedAt = (record: AdmissionRecord, nowMs: number): AdmissionRecord => ({
  ...record,
  control: { ...record.control, lookedAtMs: nowMs },
});

/** What becomes of a request; the record's `rev` is one more than before. */
export function decide(
  record: AdmissionRecord,
  request: AdmissionRequest,
  nowMs: number,
): AdmissionDecision {
  const { line, returns } = record;
  const isReturn = request.place !== null && isPlaceOf(returns, request.place, nowMs);
  if (line.rate === 0) return admitted(record, request, { nowMs, isReturn, waitSeconds: 0 });
  const waitSeconds = predictedWaitSeconds(record, nowMs);
  const share = fairShare(record, request.tenant, nowMs);
  if (share.isBelow) return ahead(record, request, { nowMs, isReturn, waitSeconds });
  if (isReturn && request.place !== null) {
    const returnSeconds = untilTurn(returns, request.place, nowMs);
    if (returnSeconds > EARLY_SECONDS) {
      return { kind: 'early', waitSeconds, place: request.place, returnSeconds };
    }
  }
  const allowed =
    isHeld(returns, nowMs) && !isReturn ? request.maxQueueSeconds / 2 : request.maxQueueSeconds;
  return waitSeconds <= allowed
    ? admitted(record, request, { nowMs, isReturn, waitSeconds })
    : rejected(record, request, { nowMs, waitSeconds });
}

/** Whether a place was given out by this line, and is not so long over that its holder counts as gone. */
const isPlaceOf = (returns: QuotaLine, place: number, nowMs: number): boolean =>
  place < returns.next && clockOf(returns, nowMs) - place <= LATE_SECONDS * returns.rate;

/** Whether somebody holds a place and may still come with it. */
const isHeld = (returns: QuotaLine, nowMs: number): boolean =>
  returns.next > 0 && clockOf(returns, nowMs) - returns.next < GRACE_SECONDS * returns.rate;

/** Seconds until a line's clock shows `place`, 0 when it does; a line that gives nothing keeps nobody waiting. */
const untilTurn = (line: QuotaLine, place: number, nowMs: number): number =>
  line.rate === 0 ? 0 : Math.max(0, timeOf(line, place) - nowMs) / 1000;

interface Circumstances {
  readonly nowMs: number;
  readonly isReturn: boolean;
  readonly waitSeconds: number;
}

const admitted = (
  record: AdmissionRecord,
  { tenant }: AdmissionRequest,
  { nowMs, isReturn, waitSeconds }: Circumstances,
): AdmissionDecision & { readonly kind: 'admitted' } => {
  const { line } = record;
  return {
    kind: 'admitted',
    record: {
      ...record,
      rev: record.rev + 1,
      line: { ...line, next: Math.max(line.next, clockOf(line, nowMs)) + (line.rate > 0 ? 1 : 0) },
      tenants: withShareUsed(record, tenant, nowMs),
      admitted: record.admitted + 1,
      redeemed: record.redeemed + (isReturn ? 1 : 0),
    },
    waitSeconds,
  };
};

/** Of a tenant below its fair share: let in however long the line is, and past it. */
function ahead(
  record: AdmissionRecord,
  request: AdmissionRequest,
  circumstances: Circumstances,
): AdmissionDecision {
  const decision = admitted(record, request, circumstances);
  return circumstances.waitSeconds > LANE_SECONDS
    ? { ...decision, waitSeconds: 0, lane: 'fast' }
    : decision;
}

/** Its turn begins when half of the queue is empty: who comes then is let in even if some come at once. */
function rejected(
  record: AdmissionRecord,
  { maxQueueSeconds }: AdmissionRequest,
  { nowMs, waitSeconds }: Omit<Circumstances, 'isReturn'>,
): AdmissionDecision {
  const { returns } = record;
  const half = maxQueueSeconds / 2;
  const begin = clockOf(returns, nowMs) + Math.max(0, waitSeconds - half) * returns.rate;
  const place = Math.max(returns.next, begin);
  const returnSeconds = untilTurn(returns, place, nowMs);
  const counted = { ...record, rev: record.rev + 1, rejected: record.rejected + 1 };
  if (returnSeconds > half + PLACES_SECONDS) {
    const again = { place: null, returnSeconds: half + PLACES_SECONDS };
    return { kind: 'rejected', record: counted, waitSeconds, ...again };
  }
  return {
    kind: 'rejected',
    record: { ...counted, returns: { ...returns, next: place + 1 } },
    waitSeconds,
    place,
    returnSeconds,
  };
}
