import { expect, test } from 'vitest';
import type { ReplayRecord } from '#runtime/contracts/replay.ts';
import { newReplay } from '#runtime/core/replay/progress.ts';
import type { ReplayLedger } from '#runtime/ports.ts';
import { newRun } from './samples.ts';

const sampleReplay = (): ReplayRecord =>
  newReplay(
    {
      ...{ consumer: 'router', rule: 'writeReport', type: 'listings.found' },
      ...{ from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z' },
      ...{ rate: 50, hasEffects: false, isDryRun: true },
    },
    `replay-${newRun()}`,
    Date.UTC(2026, 0, 3),
  );

/** What every ReplayLedger does. */
export function testReplayLedger(subject: () => { readonly replays: ReplayLedger }): void {
  test('reads null for a replay that nobody has ordered', async () => {
    expect(await subject().replays.read(`none-${newRun()}`)).toBeNull();
  });

  test('writes, reads and advances a replay', async () => {
    const { replays } = subject();
    const first = sampleReplay();
    expect(await replays.put({ record: first, expectedRev: null })).toEqual({ kind: 'written' });
    const second: ReplayRecord = { ...first, rev: 2, state: 'done', endedAt: first.startedAt };
    expect(await replays.put({ record: second, expectedRev: 1 })).toEqual({ kind: 'written' });
    expect(await replays.read(first.id)).toEqual(second);
  });

  test('lets one of two workers go on from the same place, and shows the other one where it is', async () => {
    const { replays } = subject();
    const first = sampleReplay();
    await replays.put({ record: first, expectedRev: null });
    const puts = await Promise.all(
      [1, 2].map((lines) =>
        replays.put({
          record: { ...first, rev: 2, cursor: { key: 'events/', lines } },
          expectedRev: 1,
        }),
      ),
    );
    expect(puts.map(({ kind }) => kind).sort()).toEqual(['conflict', 'written']);
    const stored = await replays.read(first.id);
    expect(puts).toContainEqual({ kind: 'conflict', current: stored });
  });
}
