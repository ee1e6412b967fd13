import { expect, test } from 'vitest';
import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import type { BudgetLedger, RunLedger } from '#runtime/ports.ts';
import { newRun, sampleRun, textOf } from './samples.ts';

const sampleBudget = (run: string, changes: Partial<BudgetRecord> = {}): BudgetRecord => ({
  run,
  rev: 1,
  limits: { usd: 0.5, tokens: 20_000 },
  spent: { usd: 0, tokens: 0 },
  reserved: { 'answer#1/model:answer:0123abcd:0': { usd: 0.000_012_5, tokens: 900 } },
  ...changes,
});

/** What every BudgetLedger does. */
export function testBudgetLedger(
  subject: () => { readonly budgets: BudgetLedger; readonly runs: RunLedger },
): void {
  test('reads null for a run that has spent nothing', async () => {
    expect(await subject().budgets.read(newRun())).toBeNull();
  });

  test('writes, reads and advances a budget', async () => {
    const first = sampleBudget(newRun());
    const { budgets } = subject();
    expect(await budgets.put({ record: first, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await budgets.read(first.run)).toEqual(first);
    const second = { ...first, rev: 2, spent: { usd: 0.1 + 0.2, tokens: 850 }, reserved: {} };
    expect(await budgets.put({ record: second, expectedRev: 1 })).toEqual({ kind: 'written' });
    expect(await budgets.read(first.run)).toEqual(second);
  });

  test('keeps a budget apart from the control record of its run', async () => {
    const { budgets, runs } = subject();
    const [run, budget] = [sampleRun(newRun(), 1), sampleBudget('')];
    await runs.put({ record: run, expectedRev: null });
    const record = { ...budget, run: run.run };
    expect(await budgets.put({ record, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await runs.read(run.run)).toEqual(run);
    expect(await budgets.read(run.run)).toEqual(record);
  });

  test('lets exactly one of many reservations on the same record win, and shows it to the others', async () => {
    const first = sampleBudget(newRun());
    const { budgets } = subject();
    await budgets.put({ record: first, expectedRev: null });
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        budgets.put({
          record: { ...first, rev: 2, reserved: { [`answer#${i}/model`]: first.spent } },
          expectedRev: 1,
        }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await budgets.read(first.run);
    for (const put of puts) {
      if (put.kind === 'conflict') expect(put.current).toEqual(stored);
    }
  });

  test('refuses a wrong rev and what is too large', async () => {
    const record = sampleBudget(newRun());
    const { budgets } = subject();
    await expect(budgets.put({ record, expectedRev: 1 })).rejects.toMatchObject({
      code: 'REVISION_INVALID',
    });
    const large = { ...record, reserved: { [textOf(400 * 1024)]: record.spent } };
    await expect(budgets.put({ record: large, expectedRev: null })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
  });
}
