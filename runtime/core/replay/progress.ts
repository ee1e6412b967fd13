/**
 * How a replay goes on: what its record becomes after each piece of work.
 *
 * Boundary: pure.
 */
import { PLATFORM_NAMES } from '../../contracts/names.ts';
import {
  EXAMPLES_MAX,
  type ReplayCounts,
  type ReplayFailure,
  type ReplayOrder,
  type ReplayRecord,
} from '../../contracts/replay.ts';
import { canonicalJson } from '../hash.ts';
import { firstCursor } from './range.ts';

/** The whole past, into a fresh table that nobody reads yet. */
export const rebuildOrder = ({ rate }: Pick<ReplayOrder, 'rate'>, nowMs: number): ReplayOrder => ({
  consumer: 'projector',
  from: FIRST,
  to: new Date(nowMs).toISOString(),
  rate,
  hasEffects: false,
  isDryRun: false,
  table: `${PLATFORM_NAMES.readModel}-${new Date(nowMs).toISOString().slice(0, 19).replaceAll(/\D/g, '')}`,
});

/** Before any event. */
const FIRST = new Date(0).toISOString();

export function newReplay(order: ReplayOrder, id: string, nowMs: number): ReplayRecord {
  const now = new Date(nowMs).toISOString();
  return {
    ...order,
    id,
    rev: 1,
    state: 'running',
    startedAt: now,
    changedAt: now,
    cursor: { key: firstCursor(order), lines: 0 },
    counts: { read: 0, matched: 0, handled: 0, failed: 0 },
    failures: [],
  };
}

/** Whether two new replays were asked for in the same words; each that reaches to now ends at its own. */
export const isSameOrder = (one: ReplayRecord, other: ReplayRecord): boolean =>
  canonicalJson(wordsOf(one)) === canonicalJson(wordsOf(other));

const wordsOf = (record: ReplayRecord): object => {
  const { consumer, from, to, run, type, rule, rate, hasEffects, isDryRun } = record;
  return {
    ...{ consumer, from, run, type, rule, rate, hasEffects, isDryRun },
    to: to === record.startedAt ? 'now' : to,
    isRebuild: record.table !== undefined,
  };
};

/** Some lines of an object are done. */
export function advanced(
  record: ReplayRecord,
  done: {
    readonly cursor: ReplayRecord['cursor'];
    readonly counts: Omit<ReplayCounts, 'failed'>;
    readonly failures: readonly ReplayFailure[];
  },
  nowMs: number,
): ReplayRecord {
  const { read, matched, handled, failed } = record.counts;
  return changed(record, nowMs, {
    cursor: done.cursor,
    counts: {
      read: read + done.counts.read,
      matched: matched + done.counts.matched,
      handled: handled + done.counts.handled,
      failed: failed + done.failures.length,
    },
    failures: [...record.failures, ...done.failures].slice(0, EXAMPLES_MAX),
  });
}

/** The archive is read up to the range's end. */
export function readThrough(record: ReplayRecord, nowMs: number): ReplayRecord {
  if (record.table === undefined || record.isDryRun) return ended(record, nowMs);
  return changed(record, nowMs, {
    state: 'comparing',
    cursor: { key: '', lines: 0 },
    comparison: { compared: 0, different: 0, examples: [] },
  });
}

export const ended = (record: ReplayRecord, nowMs: number): ReplayRecord =>
  changed(record, nowMs, { state: 'done', endedAt: new Date(nowMs).toISOString() });

export const changed = (
  record: ReplayRecord,
  nowMs: number,
  change: Partial<ReplayRecord>,
): ReplayRecord => ({
  ...record,
  ...change,
  rev: record.rev + 1,
  changedAt: new Date(nowMs).toISOString(),
});

/** Milliseconds to wait after `events` were handled in `tookMs`, so that the rate is kept. */
export const pauseMs = (events: number, tookMs: number, rate: number): number =>
  Math.max(0, Math.ceil((events / rate) * 1000 - tookMs));
