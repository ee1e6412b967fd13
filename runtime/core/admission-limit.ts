/**
 * What limits a workflow: the quota that gives it the fewest runs a second, or a stage that lacks workers.
 *
 * Boundary: pure.
 */
import type { MeterSample } from '../contracts/fleet.ts';
import type { QuotaRecord } from '../contracts/quota.ts';
import type { CountedCalls } from './calls-per-run.ts';
import { nextDueAtMs } from './quota-take.ts';
import { METER_WINDOW_MS, runTotals, stageRates } from './stage-rates.ts';

export interface Limit {
  /** A quota, or an agent. */
  readonly name: string;
  /** Runs per second. */
  readonly perSecond: number;
  /** That a run waits there, over all of its calls. */
  readonly waitSeconds: number;
  /** It gives out no places. */
  readonly isClosed: boolean;
  /** A quota's line tells its rate and its wait as they are; what samples say of a stage is what was. */
  readonly isExact: boolean;
}

/** Into a quota that is closed one run goes in five seconds: somebody must find out that it is open again. */
const CLOSED_PER_SECOND = 0.2;

/** A wait for a worker that is more than the start of a few functions. */
const STAGE_WAIT_SECONDS = 2;

/** Fewer steps or runs may have met a cold start, or say nothing about a rate. */
const MIN_COUNT = 10;

/** A quota with a shorter wait holds nobody up. */
const QUOTA_WAIT_SECONDS = 1;

/** `null`: nothing that is known limits it. */
export function limitOf(
  workflow: string,
  quotas: readonly QuotaRecord[],
  samples: readonly MeterSample[],
  { counts, shares }: CountedCalls,
  nowMs: number,
): Limit | null {
  const limits = quotas.flatMap((record) => {
    const calls = counts.callsPerRun[record.quota] ?? 0;
    return calls > 0 ? quotaLimit(workflow, record, calls, shares[record.quota] ?? 1, nowMs) : [];
  });
  const closed = limits.find((limit) => limit.isClosed);
  if (closed) return { ...closed, perSecond: Math.min(...limits.map(perSecondOf)) };
  // Where a quota holds work up, workers that hold it are scarce because of it.
  const isHeldUp = limits.some(({ waitSeconds }) => waitSeconds > QUOTA_WAIT_SECONDS);
  const stages = isHeldUp ? [] : stageLimits(workflow, samples, nowMs);
  return smallest([...limits, ...stages]);
}

function quotaLimit(
  workflow: string,
  record: QuotaRecord,
  callsPerRun: number,
  share: number,
  nowMs: number,
): Limit {
  const { quota: name, requests } = record;
  if (record.closed) {
    return { name, perSecond: CLOSED_PER_SECOND, waitSeconds: 0, isClosed: true, isExact: true };
  }
  const next = { workflow, lane: 'main', deadlineMs: nowMs, tokens: 0 } as const;
  const callWaitSeconds = Math.max(0, nextDueAtMs(record, next, nowMs) - nowMs) / 1000;
  return {
    name,
    perSecond: (requests.rate * share) / callsPerRun,
    // A run with three calls stands in the line three times.
    waitSeconds: callWaitSeconds * Math.max(1, callsPerRun),
    isClosed: false,
    isExact: true,
  };
}

/** Stages whose steps wait for a worker. All stages of a workflow go at the pace of such a one, and so do its runs. */
function stageLimits(
  workflow: string,
  samples: readonly MeterSample[],
  nowMs: number,
): readonly Limit[] {
  const lately = samples.filter(({ atMs }) => atMs > nowMs - METER_WINDOW_MS);
  const runs = runTotals(lately).find((sum) => sum.workflow === workflow);
  const ended = (runs?.succeeded ?? 0) + (runs?.endedOtherwise ?? 0);
  if (ended < MIN_COUNT) return [];
  return stageRates(samples, nowMs).flatMap((stage) => {
    const waitSeconds = stage.waitMs / stage.arrived / 1000;
    const isScarce = stage.arrived >= MIN_COUNT && waitSeconds > STAGE_WAIT_SECONDS;
    return stage.workflow === workflow && isScarce
      ? {
          name: stage.agent,
          perSecond: ended / (METER_WINDOW_MS / 1000),
          waitSeconds,
          isClosed: false,
          isExact: false,
        }
      : [];
  });
}

const perSecondOf = ({ perSecond }: Limit): number => perSecond;

function smallest(limits: readonly Limit[]): Limit | null {
  return limits.reduce<Limit | null>(
    (least, limit) => (least === null || limit.perSecond < least.perSecond ? limit : least),
    null,
  );
}
