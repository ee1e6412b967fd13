/**
 * The deadline of a run that waits: waiting is no work, and does not count.
 *
 * Boundary: pure; the run's record in, the next one out.
 * Invariants
 * Q1. A run's deadline is the one that it was accepted with, later by the time that its waits cover
 *     together: waits at the same time count once. While a wait goes on, all of it counts.
 * Q2. A wait that has ended stays so, whoever comes late with its opening: doing any of it twice, and in
 *     whatever order, gives the same deadline.
 */
import type { RunRecord, RunWait } from '../../contracts/ledger.ts';
import { coveredMs, type Interval } from '../interval.ts';
import { isoTime } from '../iso-time.ts';

/** The record with a wait of this generation, as it begins or has ended; `null` when it says so already. */
export function withWait(record: RunRecord, gen: number, wait: RunWait): RunRecord | null {
  const waits = record.waits ?? [];
  const known = waits.find(({ path }) => path === wait.path);
  if (record.gen !== gen || (known && !known.isOpen)) return null;
  if (known && wait.isOpen && known.until === wait.until) return null;
  const begun = known ? { ...wait, from: known.from } : wait;
  const next = [...waits.filter((one) => one !== known), begun];
  return {
    ...record,
    rev: record.rev + 1,
    deadlineAt: laterBy(workDeadlineAt(record), waitedMs(next)),
    waits: next,
  };
}

/** The deadline that the generation was accepted with: of its work, without the waits. */
export const workDeadlineAt = ({ deadlineAt, waits = [] }: RunRecord): string =>
  waits.length === 0 ? deadlineAt : laterBy(deadlineAt, -waitedMs(waits));

/** Milliseconds that waits cover together. */
export function waitedMs(waits: readonly Pick<RunWait, 'from' | 'until'>[]): number {
  if (waits.length === 0) return 0;
  const intervals = waits.map(({ from, until }): Interval => [Date.parse(from), Date.parse(until)]);
  return coveredMs(intervals, [
    Math.min(...intervals.map(([from]) => from)),
    Math.max(...intervals.map(([, until]) => until)),
  ]);
}

/** True of a run that waits, or whose wait nobody has finished. */
export const hasOpenWait = ({ waits = [] }: Pick<RunRecord, 'waits'>): boolean =>
  waits.some(({ isOpen }) => isOpen);

const laterBy = (at: string, ms: number): string => isoTime(Date.parse(at) + ms);
