/**
 * Corrects an admission by what happens behind the front door.
 *
 * Job: how many runs a second the bottleneck takes, and how long work waits there, out of the quotas'
 * buckets and the stages' samples. There is no timer: the first request that finds the last correction
 * too old makes the next one, in the same write as its own admission.
 * Boundary: pure. Constants by simulation (docs/flow-control.md). Rates are those of calls: where a quota's
 * tokens are what is scarce, only the wait for them tells, once in a round.
 *
 * Invariants
 * C1. A correction changes rate and predicted wait, and counts nobody in or out.
 * C2. What is measured for the first time or after a pause, or is otherwise by design (a quota closes or
 *     opens), counts whole, and so do a rate that falls and a wait that grows where a quota's line says it:
 *     nobody is let in on hope. All else counts by a quarter, so that figures which lag behind do not make
 *     the rate swing.
 */
import type { AdmissionControl, AdmissionRecord } from '../contracts/admission.ts';
import type { MeterSample } from '../contracts/fleet.ts';
import type { QuotaLimits, QuotaLine, QuotaRecord } from '../contracts/quota.ts';
import { predictedWaitSeconds } from './admission.ts';
import { type Limit, limitOf } from './admission-limit.ts';
import { countedCalls } from './calls-per-run.ts';
import { bucketLimits, newBucket } from './quota-limits.ts';
import { clockOf } from './quota-line.ts';
import { runTotals } from './stage-rates.ts';

const GAIN = 0.25;

/** Samples look back no further: what was measured before that is of another time. */
const FORGOTTEN_MS = 60_000;

/** What a controller can see. */
export interface Sightings {
  /** Shared buckets. */
  readonly quotas: readonly QuotaRecord[];
  /** Of the last minute. */
  readonly samples: readonly MeterSample[];
  /** Calls that a run of the workflow is expected to make, by quota: what counts before enough were made. @default - none */
  readonly expected?: Readonly<Record<string, number>>;
}

/** The shared buckets of all quotas, in the order of the configuration; one that no call has made yet as it will begin. */
export const bucketsOf = (
  limits: Readonly<Record<string, QuotaLimits>>,
  found: readonly (QuotaRecord | null)[],
  nowMs: number,
): readonly QuotaRecord[] =>
  Object.entries(limits).map(
    ([quota, own], i) => found[i] ?? newBucket({ quota }, bucketLimits(own, undefined), nowMs),
  );

/** The record with what was seen made use of; its `rev` stays, for the admission that is written with it. */
export function corrected(
  record: AdmissionRecord,
  { quotas, samples, expected = {} }: Sightings,
  nowMs: number,
): AdmissionRecord {
  const calls = countedCalls(record, quotas, { expected, nowMs });
  const limit = limitOf(record.workflow, quotas, samples, calls, nowMs);
  const next = limit ? limited(record, limit, nowMs) : released(record, nowMs);
  const control: AdmissionControl = {
    ...calls.counts,
    atMs: nowMs,
    lookedAtMs: nowMs,
    // A line that is let go on still stands where it stood.
    bottleneck: limit?.name ?? (next.line.rate > 0 ? record.control.bottleneck : null),
    measuredPerSecond: limit?.perSecond ?? null,
    measuredWaitSeconds: limit?.waitSeconds ?? 0,
    predictedWaitSeconds: predictedWaitSeconds(record, nowMs),
    isClosed: limit?.isClosed ?? false,
    closedAtMs: limit?.isClosed ? nowMs : record.control.closedAtMs,
    runSeconds: runSeconds(record, samples, limit),
  };
  return { ...next, control };
}

function limited(record: AdmissionRecord, limit: Limit, nowMs: number): AdmissionRecord {
  const { atMs, isClosed } = record.control;
  const isNew =
    record.line.rate === 0 || limit.isClosed !== isClosed || nowMs - atMs > FORGOTTEN_MS;
  if (isNew) return withWait(withRate(record, limit.perSecond, nowMs), limit.waitSeconds, nowMs);
  const { isExact, perSecond, waitSeconds } = limit;
  const falls = isExact && perSecond < record.line.rate;
  const rate = falls ? perSecond : towards(record.line.rate, perSecond);
  const atRate = withRate(record, rate, nowMs);
  // How long a quota stays closed, nobody can measure.
  if (limit.isClosed) return atRate;
  const predicted = predictedWaitSeconds(atRate, nowMs);
  const grows = isExact && waitSeconds > predicted;
  return withWait(atRate, grows ? waitSeconds : towards(predicted, waitSeconds), nowMs);
}

/** Nothing is seen that limits: the line ends when nobody waits in it, and is let go on faster until then. */
const released = (record: AdmissionRecord, nowMs: number): AdmissionRecord =>
  predictedWaitSeconds(record, nowMs) > 0
    ? withRate(record, record.line.rate * (1 + GAIN), nowMs)
    : { ...record, line: ended(record.line, nowMs), returns: ended(record.returns, nowMs) };

/** A line in which nobody stands any more: a place that is still outside is let in without it. */
const ended = (line: QuotaLine, nowMs: number): QuotaLine => ({
  ...rebased(line, 0, nowMs),
  next: clockOf(line, nowMs),
});

/** Both lines at another rate from now on; whoever stands in them keeps the place. */
const withRate = (record: AdmissionRecord, rate: number, nowMs: number): AdmissionRecord => ({
  ...record,
  line: rebased(record.line, rate, nowMs),
  returns: rebased(record.returns, rate, nowMs),
});

const rebased = (line: QuotaLine, rate: number, nowMs: number): QuotaLine => ({
  ...line,
  v0: clockOf(line, nowMs),
  // Another instance's clock may have been ahead: a line never goes back.
  t0: Math.max(line.t0, nowMs),
  rate,
});

const withWait = (record: AdmissionRecord, seconds: number, nowMs: number): AdmissionRecord => ({
  ...record,
  line: { ...record.line, next: clockOf(record.line, nowMs) + seconds * record.line.rate },
});

const towards = (before: number, measured: number): number => before + GAIN * (measured - before);

/** Of those that succeeded within the last minute, without the wait that was measured meanwhile. */
function runSeconds(
  { workflow, control }: AdmissionRecord,
  samples: readonly MeterSample[],
  limit: Limit | null,
): number | null {
  const runs = runTotals(samples).find((sum) => sum.workflow === workflow);
  if (runs === undefined || runs.succeeded === 0) return control.runSeconds;
  const mean = runs.durationMs / runs.succeeded / 1000;
  const measured = Math.max(0, mean - (limit?.waitSeconds ?? 0));
  return control.runSeconds === null ? measured : towards(control.runSeconds, measured);
}
