/** What simulated stories came to, as a table for people and as JSON. */
import { type Measures, percentile } from '../measures.ts';
import type { QuietTenant } from './fairness.ts';
import type { Told } from './story.ts';

/** A scenario by one kind of pipeline, over all of its seeds. */
export interface Row {
  readonly scenario: string;
  readonly pipeline: 'governed' | 'naive';
  readonly told: readonly Told[];
}

const COLUMNS = [
  { name: 'goodput', of: 'goodputShare', text: (value: number) => `${(value * 100).toFixed(1)} %` },
  { name: 'calls', of: 'callsPerUseful', text: (value: number) => value.toFixed(3) },
  { name: 'stale', of: 'stale', text: (value: number) => String(value) },
  { name: 'p99', of: 'p99Seconds', text: (value: number) => `${value.toFixed(1)} s` },
  { name: 'recovery', of: 'recoverySeconds', text: (value: number) => `${value} s` },
  { name: 'expired', of: 'expiredShare', text: (value: number) => `${(value * 100).toFixed(1)} %` },
  { name: '429s', of: 'refused', text: (value: number) => String(value) },
] as const;

/** Medians over seeds; a recovery that did not come is the longest of all. */
export function medians(told: readonly Told[]): Omit<Measures, 'recoverySeconds'> & {
  readonly recoverySeconds: number | null;
  readonly refused: number;
} {
  const median = (of: (one: Told) => number): number => percentile(told.map(of), 0.5);
  const recovery = median(({ recoverySeconds }) => recoverySeconds ?? Number.POSITIVE_INFINITY);
  return {
    goodputShare: median(({ goodputShare }) => goodputShare),
    callsPerUseful: median(({ callsPerUseful }) => callsPerUseful),
    stale: median(({ stale }) => stale),
    p99Seconds: median(({ p99Seconds }) => p99Seconds),
    recoverySeconds: Number.isFinite(recovery) ? recovery : null,
    expiredShare: median(({ expiredShare }) => expiredShare),
    refused: median(({ refused }) => refused),
  };
}

export function table(rows: readonly Row[]): string {
  const head = ['scenario', 'pipeline', ...COLUMNS.map(({ name }) => name)];
  const body = rows.map(({ scenario, pipeline, told }) => {
    const values = medians(told);
    const cells = COLUMNS.map(({ of, text }) => {
      const value = values[of];
      return value === null ? 'never' : text(value);
    });
    return [scenario, pipeline, ...cells];
  });
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ');
  return [head, ...body].map((row) => line(row).trimEnd()).join('\n');
}

/** One line for each scenario with a quiet tenant beside the one that floods. */
export const fairnessLines = (rows: readonly Row[]): readonly string[] =>
  rows.flatMap(({ scenario, told }) => {
    const seen = told.flatMap(({ quietTenant }) => quietTenant ?? []);
    if (seen.length === 0) return [];
    const median = (of: (one: QuietTenant) => number): number => percentile(seen.map(of), 0.5);
    const before = median(({ p95BeforeSeconds }) => p95BeforeSeconds).toFixed(1);
    const during = median(({ p95InSpikeSeconds }) => p95InSpikeSeconds).toFixed(1);
    const share = (median(({ answeredShare }) => answeredShare) * 100).toFixed(1);
    return [
      `${scenario}: the quiet tenant's p95 is ${before} s before and ${during} s in the spike; ${share} % answered`,
    ];
  });
