import { expect, test } from 'vitest';
import { FAULT_KINDS } from './faults.ts';
import { type SeedReport, simulate } from './simulate.ts';

/** As many as `npm test` has time for; `npm run simulate` has more. */
const SEEDS = 120;

const reports: SeedReport[] = [];

test.each(Array.from({ length: SEEDS / 10 }, (_, i) => i * 10 + 1))(
  'R1 to R11 hold in ten seeds from %i on, whatever goes wrong',
  async (first) => {
    for (let seed = first; seed < first + 10; seed += 1) {
      const report = await simulate(seed);
      reports.push(report);
      const told = [...report.history, ...report.violations.map(({ text }) => text)].join('\n');
      expect(report.violations, `npm run simulate -- --seed ${seed}\n${told}`).toEqual([]);
    }
  },
);

test('every kind of fault has struck', () => {
  const struck = (kind: (typeof FAULT_KINDS)[number]): boolean =>
    reports.some(({ faults }) => faults[kind] > 0);
  expect(FAULT_KINDS.filter((kind) => !struck(kind))).toEqual([]);
});

test('a seed gives the same schedule again, and other seeds give others', async () => {
  for (const { seed, schedule } of reports.slice(0, 10)) {
    expect((await simulate(seed)).schedule).toBe(schedule);
  }
  expect(new Set(reports.map(({ schedule }) => schedule)).size).toBe(reports.length);
});
