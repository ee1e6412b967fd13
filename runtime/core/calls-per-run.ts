/**
 * How many places of each quota a run of a workflow takes, and what part of a shared quota is the workflow's.
 *
 * Boundary: pure; counters of buckets and of the admission in, and what the next round compares with out.
 * The window moves by runs, not by time: what is compared with follows the counters by a quarter of the
 * way, so some last rounds count, the latest most, and a workflow of few runs is judged by as many.
 */
import type { AdmissionControl, AdmissionRecord, QuotaTaken } from '../contracts/admission.ts';
import type { QuotaRecord } from '../contracts/quota.ts';
import { isClosedTo } from './admission.ts';

/**
 * Fewer runs say nothing: the calls of some are still to come. And what was expected counts like so many
 * runs beside those that were counted, because of a burst the first calls come before the last ones.
 */
const MIN_RUNS = 10;

/** Forks, resumes and redrives call without being let in: what looks like many calls per run may pass. */
const GROWS_AT_MOST = 2;

/** Of what was counted in this round, so much is forgotten in the next one. */
const FORGOTTEN = 0.25;

/** When a quota opens, everybody who has waited lines up anew: for so long its places say nothing about runs. */
const UNSETTLED_MS = 30_000;

export interface CountedCalls {
  readonly counts: Pick<AdmissionControl, 'callsPerRun' | 'takenBefore' | 'admittedBefore'>;
  /** The workflow's part of each quota, above 0 and at most 1. */
  readonly shares: Readonly<Record<string, number>>;
}

/** What there is to count by. */
interface Counting {
  /** Calls per run by quota, as the workflow's definition lets expect. */
  readonly expected: Readonly<Record<string, number>>;
  readonly nowMs: number;
}

/** @param quotas shared buckets */
export function countedCalls(
  admission: AdmissionRecord,
  quotas: readonly QuotaRecord[],
  { expected, nowMs }: Counting,
): CountedCalls {
  const { workflow, admitted, control } = admission;
  // What a bucket has counted before the workflow's first round, or while it was closed, says nothing about its runs.
  const isAnew =
    control.atMs === 0 ||
    isClosedTo(admission, quotas) ||
    nowMs - control.closedAtMs < UNSETTLED_MS;
  const lines = quotas.map((record) => {
    const taken = { own: record.takenBy[workflow] ?? 0, all: record.taken };
    const before = isAnew ? taken : countedBefore(control, record.quota, taken);
    const own = taken.own - before.own;
    return { record, taken, before, own, others: taken.all - before.all - own };
  });
  const shares = Object.fromEntries(
    lines.map(({ record, own, others }) => [record.quota, shareOf(record, own, others)]),
  );
  const runs = admitted - control.admittedBefore;
  if (isAnew || runs < MIN_RUNS) {
    return {
      counts: {
        callsPerRun: { ...expected, ...control.callsPerRun },
        takenBefore: byQuota(lines, ({ before }) => before),
        admittedBefore: isAnew ? admitted : control.admittedBefore,
      },
      shares,
    };
  }
  return {
    counts: {
      callsPerRun: byQuota(lines, ({ record: { quota }, own }) =>
        bounded(perRun(own, runs, expected[quota]), control.callsPerRun[quota]),
      ),
      takenBefore: byQuota(lines, ({ before, taken }) => ({
        own: followed(before.own, taken.own),
        all: followed(before.all, taken.all),
      })),
      admittedBefore: followed(control.admittedBefore, admitted),
    },
    shares,
  };
}

const perRun = (calls: number, runs: number, expected: number | undefined): number =>
  expected === undefined ? calls / runs : (calls + expected * MIN_RUNS) / (runs + MIN_RUNS);

const bounded = (calls: number, before: number | undefined): number =>
  before === undefined ? calls : Math.min(calls, Math.max(1, before * GROWS_AT_MOST));

/** A bucket that is new, or counts from zero again, has counted for nothing else. */
function countedBefore(control: AdmissionControl, quota: string, taken: QuotaTaken): QuotaTaken {
  const before = control.takenBefore[quota];
  return before && before.own <= taken.own && before.all <= taken.all ? before : { own: 0, all: 0 };
}

/**
 * What it has taken lately; but at least an equal part, which the others would have to leave to it: a
 * workflow that was quiet must not be held to what it took then.
 */
const shareOf = ({ takenBy }: QuotaRecord, own: number, others: number): number =>
  others <= 0 ? 1 : Math.max(own / (own + others), 1 / Math.max(1, Object.keys(takenBy).length));

const followed = (before: number, now: number): number => before + FORGOTTEN * (now - before);

const byQuota = <L extends { readonly record: QuotaRecord }, V>(
  lines: readonly L[],
  of: (line: L) => V,
): Readonly<Record<string, V>> =>
  Object.fromEntries(lines.map((line) => [line.record.quota, of(line)]));
