import { beforeEach, expect, test } from 'vitest';
import type { DueRuns } from '#runtime/ports.ts';
import { newRun } from './samples.ts';

const T0 = Date.UTC(2026, 4, 1, 12);

/** What every DueRuns does. */
export function testDueRuns(subject: () => { readonly dueRuns: DueRuns }): void {
  const dueAt = (nowMs: number, limit = 100) => subject().dueRuns.due({ nowMs, limit });

  beforeEach(async () => {
    const all = await dueAt(Number.MAX_SAFE_INTEGER - 1, 1000);
    for (const entry of all) await subject().dueRuns.remove(entry);
  });

  test('gives an entry from its time on, to the millisecond', async () => {
    const entry = { run: newRun(), dueAtMs: T0 };
    await subject().dueRuns.put(entry);
    expect(await dueAt(T0 - 1)).toEqual([]);
    expect(await dueAt(T0)).toEqual([entry]);
    expect(await dueAt(T0 + 3_600_000)).toEqual([entry]);
  });

  test('gives the earliest first, of all runs together', async () => {
    const entries = Array.from({ length: 30 }, (_, n) => ({
      run: newRun(),
      dueAtMs: T0 + n * 997,
    }));
    for (const entry of entries.toReversed()) await subject().dueRuns.put(entry);
    expect(await dueAt(T0 + 20 * 997)).toEqual(entries.slice(0, 21));
    expect(await dueAt(T0 + 60_000, 5)).toEqual(entries.slice(0, 5));
  });

  test('keeps several entries of a run apart, and equal ones as one', async () => {
    const run = newRun();
    const [early, late] = [
      { run, dueAtMs: T0 },
      { run, dueAtMs: T0 + 1 },
    ];
    const { dueRuns } = subject();
    for (const entry of [early, late, early]) await dueRuns.put(entry);
    expect(await dueAt(T0 + 1)).toEqual([early, late]);
    await dueRuns.remove(early);
    expect(await dueAt(T0 + 1)).toEqual([late]);
  });

  test('gives an entry until it is removed, and forgets one that is not there', async () => {
    const entry = { run: newRun(), dueAtMs: T0 };
    const { dueRuns } = subject();
    await dueRuns.remove(entry);
    await dueRuns.put(entry);
    await dueAt(T0);
    expect(await dueAt(T0)).toEqual([entry]);
    await dueRuns.remove(entry);
    expect(await dueAt(T0)).toEqual([]);
  });

  test('sorts by time, whatever the number of its digits', async () => {
    const entries = [
      { run: newRun(), dueAtMs: 999 },
      { run: newRun(), dueAtMs: 1000 },
      { run: newRun(), dueAtMs: T0 },
    ];
    for (const entry of entries) await subject().dueRuns.put(entry);
    expect(await dueAt(T0)).toEqual(entries);
  });
}
