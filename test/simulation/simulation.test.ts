import { expect, test } from 'vitest';
import { FAULT_KINDS } from './faults.ts';
import { type SeedReport, simulate } from './simulate.ts';

/** In each world, as many as `npm test` has time for; `npm run simulate` has more. */
const SEEDS = { workflows: 120, events: 40 } as const;
/** One test's: it has to end in time on a machine with much else to do. */
const AT_ONCE = 5;

const reports: SeedReport[] = [];

const stories = (['workflows', 'events'] as const).flatMap((world) =>
  Array.from({ length: SEEDS[world] / AT_ONCE }, (_, i) => ({ world, first: i * AT_ONCE + 1 })),
);

test.each(stories)(
  `every promise holds in ${AT_ONCE} seeds of $world from $first on, whatever goes wrong`,
  async ({ world, first }) => {
    for (let seed = first; seed < first + AT_ONCE; seed += 1) {
      const report = await simulate(seed, { world });
      reports.push(report);
      const told = [...report.history, ...report.violations.map(({ text }) => text)].join('\n');
      expect(
        report.violations,
        `npm run simulate -- --seed ${seed} --world ${world}\n${told}`,
      ).toEqual([]);
    }
  },
);

test('every kind of fault has struck', () => {
  const struck = (kind: (typeof FAULT_KINDS)[number]): boolean =>
    reports.some(({ faults }) => faults[kind] > 0);
  expect(FAULT_KINDS.filter((kind) => !struck(kind))).toEqual([]);
});

test('a seed gives the same schedule again, and other seeds give others', async () => {
  for (const { seed, world, schedule } of [...reports.slice(0, 6), ...reports.slice(-4)]) {
    expect((await simulate(seed, { world })).schedule).toBe(schedule);
  }
  expect(new Set(reports.map(({ schedule }) => schedule)).size).toBe(reports.length);
});
