import { expect, test } from 'vitest';
import type { ReactionsLedger } from '#runtime/ports.ts';
import { newRun, sampleReactions, textOf } from './samples.ts';

/** What every ReactionsLedger does. */
export function testReactionsLedger(subject: () => { readonly reactions: ReactionsLedger }): void {
  test('reads null for a run that nobody has reacted in', async () => {
    expect(await subject().reactions.read(newRun())).toBeNull();
  });

  test('writes, reads and advances the reactions of a run', async () => {
    const first = sampleReactions(newRun(), 1);
    const { reactions } = subject();
    expect(await reactions.put({ record: first, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await reactions.read(first.run)).toEqual(first);
    const cleared = { ...first, rev: 2, owed: [] };
    expect(await reactions.put({ record: cleared, expectedRev: 1 })).toEqual({ kind: 'written' });
    expect(await reactions.read(first.run)).toEqual(cleared);
  });

  test('lets exactly one of many routers that have read the same win, and shows it to the others', async () => {
    const first = sampleReactions(newRun(), 1);
    const { reactions } = subject();
    await reactions.put({ record: first, expectedRev: null });
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        reactions.put({ record: { ...first, rev: 2, activeAtMs: i }, expectedRev: 1 }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await reactions.read(first.run);
    for (const put of puts) if (put.kind === 'conflict') expect(put.current).toEqual(stored);
  });

  test('lets only one of two equal first puts win', async () => {
    const record = sampleReactions(newRun(), 1);
    const puts = await Promise.all(
      [record, record].map((one) => subject().reactions.put({ record: one, expectedRev: null })),
    );
    expect(puts.map(({ kind }) => kind).sort()).toEqual(['conflict', 'written']);
  });

  test('refuses a wrong rev and what is too large', async () => {
    const record = sampleReactions(newRun(), 1);
    const wrong = subject().reactions.put({ record, expectedRev: 1 });
    await expect(wrong).rejects.toMatchObject({ code: 'REVISION_INVALID' });
    const large = { ...record, failed: { path: 'a@0', code: 'X', message: textOf(400 * 1024) } };
    const put = subject().reactions.put({ record: large, expectedRev: null });
    await expect(put).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}
