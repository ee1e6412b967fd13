/**
 * Ends the reservations that a generation has left in its run's budget: their workers died, and no other
 * came. One whose call is on record comes to what that cost; the others may have been paid, and stay
 * spent (R7).
 */
import type { BudgetRecord, Spending } from '../../contracts/budget.ts';
import { endReservations, spenderOf } from '../../core/budget.ts';
import { recordedSpending } from '../../core/recorded-spending.ts';
import type { ApiDependencies } from './dependencies.ts';

/** A worker that has not heard of the end may still write; what is not returned then stays spent. */
const TRIES = 5;

export async function returnOrphans(
  ports: Pick<ApiDependencies, 'budgets' | 'calls'>,
  run: string,
): Promise<void> {
  let current = await ports.budgets.read(run);
  for (let tries = 0; tries < TRIES && current; tries += 1) {
    const recorded = await recordedOf(ports, current);
    const record = endReservations(current, (key, most) => recorded.get(key) ?? most);
    if (record === null) return;
    const put = await ports.budgets.put({ record, expectedRev: current.rev });
    if (put.kind === 'written') return;
    current = put.current;
  }
}

/** What reserved calls cost that are on record, by their reservations. */
async function recordedOf(
  { calls }: Pick<ApiDependencies, 'calls'>,
  { run, reserved }: BudgetRecord,
): Promise<ReadonlyMap<string, Spending>> {
  const found = await Promise.all(
    Object.keys(reserved).map(async (key) => {
      const spender = spenderOf(key);
      const record = spender && (await calls.read({ run, path: spender.path, call: spender.call }));
      // The same call of another holder is another reservation's.
      const spent = record?.fence === spender?.fence && record ? recordedSpending(record) : null;
      return spent ? [[key, spent] as const] : [];
    }),
  );
  return new Map(found.flat());
}
