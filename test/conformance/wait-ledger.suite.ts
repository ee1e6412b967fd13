import { expect, test } from 'vitest';
import type { OpenWait, WaitsRecord } from '#runtime/contracts/wait.ts';
import type { RunLedger, WaitLedger } from '#runtime/ports.ts';
import { newRun, sampleRun, textOf } from './samples.ts';

const sampleWait = (run: string, show: unknown = { report: 'ready' }): OpenWait => ({
  message: {
    schemaVersion: 1,
    run: {
      id: run,
      root: run,
      gen: 0,
      tenant: 'default',
      workflow: 'research',
      defVersion: 'd'.repeat(16),
      deadlineAt: '2026-05-01T12:05:00.000Z',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    step: {
      path: 'publish',
      kind: 'wait',
      agent: 'platform',
      attempt: { redrive: 0, retry: 0 },
      maxAttempts: 1,
      enteredAt: '2026-05-01T12:00:01.000Z',
      inlineBytes: 32_768,
    },
    input: {
      for: 'approval',
      title: 'Publish?',
      show,
      options: ['approve'],
      timeoutSeconds: 60,
    },
    taskToken: 'AQCEAAAAKgAAAAMAAAAAAAAAAd',
  },
  openedAt: '2026-05-01T12:00:01.250Z',
  until: '2026-05-01T12:01:01.000Z',
});

const sampleWaits = (run: string, changes: Partial<WaitsRecord> = {}): WaitsRecord => ({
  run,
  rev: 1,
  open: [sampleWait(run)],
  taken: [],
  ...changes,
});

/** What every WaitLedger does. */
export function testWaitLedger(
  subject: () => { readonly waits: WaitLedger; readonly runs: RunLedger },
): void {
  test('reads null for a run that has never waited', async () => {
    expect(await subject().waits.read(newRun())).toBeNull();
  });

  test('writes, reads and advances the waits of a run, beside its control record', async () => {
    const { waits, runs } = subject();
    const first = sampleWaits(newRun());
    const run = sampleRun(first.run, 1);
    await runs.put({ record: run, expectedRev: null });
    expect(await waits.put({ record: first, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await waits.read(first.run)).toEqual(first);
    const second = { ...first, rev: 2, open: [], taken: ['event-1'] };
    expect(await waits.put({ record: second, expectedRev: 1 })).toEqual({ kind: 'written' });
    expect(await waits.read(first.run)).toEqual(second);
    expect(await runs.read(first.run)).toEqual(run);
  });

  test('lets exactly one of many who take an event win, and shows it to the others', async () => {
    const { waits } = subject();
    const first = sampleWaits(newRun());
    await waits.put({ record: first, expectedRev: null });
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        waits.put({ record: { ...first, rev: 2, taken: [`event-${i}`] }, expectedRev: 1 }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await waits.read(first.run);
    for (const put of puts) {
      if (put.kind === 'conflict') expect(put.current).toEqual(stored);
    }
  });

  test('refuses a wrong rev and what is too large', async () => {
    const { waits } = subject();
    const record = sampleWaits(newRun());
    await expect(waits.put({ record, expectedRev: 1 })).rejects.toMatchObject({
      code: 'REVISION_INVALID',
    });
    const large = { ...record, open: [sampleWait(record.run, textOf(400 * 1024))] };
    await expect(waits.put({ record: large, expectedRev: null })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });
}
