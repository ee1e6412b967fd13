import { expect, test } from 'vitest';
import type { RunLedger } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleRun, textOf } from './samples.ts';

/** What every RunLedger does. */
export function testRunLedger(subject: () => { readonly runs: RunLedger }): void {
  test('reads null for a run that was never accepted', async () => {
    expect(await subject().runs.read(newRun())).toBeNull();
  });

  test('writes, reads and advances a run', async () => {
    const accepted = sampleRun(newRun(), 1, { input: AWKWARD_JSON });
    const { run } = accepted;
    expect(await subject().runs.put({ record: accepted, expectedRev: null })).toEqual({
      kind: 'written',
    });
    expect(await subject().runs.read(run)).toEqual(accepted);
    const announced = { ...accepted, rev: 2, progress: 'announced' } as const;
    expect(await subject().runs.put({ record: announced, expectedRev: 1 })).toEqual({
      kind: 'written',
    });
    expect(await subject().runs.read(run)).toEqual(announced);
  });

  test('lets exactly one of many first requests win, and shows it to the others (R1)', async () => {
    const run = newRun();
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        subject().runs.put({
          record: sampleRun(run, 1, { input: { request: i } }),
          expectedRev: null,
        }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await subject().runs.read(run);
    for (const put of puts) {
      if (put.kind === 'conflict') expect(put.current).toEqual(stored);
    }
  });

  test('lets only one of equal first requests win', async () => {
    const record = sampleRun(newRun(), 1);
    const puts = await Promise.all(
      Array.from({ length: 4 }, () => subject().runs.put({ record, expectedRev: null })),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
  });

  test('answers conflict to an outdated rev', async () => {
    const first = sampleRun(newRun(), 1);
    await subject().runs.put({ record: first, expectedRev: null });
    const late = { ...first, rev: 3 };
    expect(await subject().runs.put({ record: late, expectedRev: 2 })).toEqual({
      kind: 'conflict',
      current: first,
    });
  });

  test('refuses a wrong rev and what is too large', async () => {
    const record = sampleRun(newRun(), 1);
    const wrong = subject().runs.put({ record, expectedRev: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'REVISION_INVALID' });
    const large = { ...record, input: textOf(400 * 1024) };
    const put = subject().runs.put({ record: large, expectedRev: null });
    await expect(put).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}
