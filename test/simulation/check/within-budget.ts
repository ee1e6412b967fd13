import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import { spentOf } from '#runtime/core/budget.ts';
import type { Check, Judge, Scene } from './check.ts';

/**
 * R7: a run never spends more than its budget, as its provider counts, and what it has spent is on record.
 * The simulated model keeps within what a call reserves.
 */
export function withinBudget(): Check {
  /** By run, what its provider has counted. */
  const paid = new Map<string, number>();
  const records = new Map<string, BudgetRecord>();
  return {
    invariant: 'R7',
    see: (fact, scene, judge) => {
      if (fact.kind === 'budget-written') records.set(fact.after.run, fact.after);
      if (fact.kind === 'paid') {
        paid.set(fact.run, (paid.get(fact.run) ?? 0) + fact.tokens);
        judgeSpent(fact.run, paid.get(fact.run) ?? 0, scene, judge);
      }
      if (fact.kind === 'appended') {
        const exhausted = fact.events.some(({ type }) => type === 'signalbox.budget.exhausted');
        if (exhausted) judge.saw('a budget was exhausted');
      }
    },
    end: (_, scene, judge) => {
      for (const [run, tokens] of paid) judgeRecord(run, tokens, records.get(run), scene, judge);
    },
  };
}

const limitOf = (run: string, scene: Scene): number | undefined =>
  scene.runs.get(run)?.budget?.tokens;

function judgeSpent(run: string, tokens: number, scene: Scene, judge: Judge): void {
  const limit = limitOf(run, scene);
  if (limit === undefined) return;
  judge.saw('a call of a run with a budget');
  if (tokens > limit) judge.violate(`${run} has spent ${tokens} tokens of its budget of ${limit}`);
}

function judgeRecord(
  run: string,
  tokens: number,
  record: BudgetRecord | undefined,
  scene: Scene,
  judge: Judge,
): void {
  if (limitOf(run, scene) === undefined) return;
  const recorded = record ? spentOf(record).tokens : 0;
  judge.saw(recorded > tokens ? 'more on record than was spent' : 'a record to the token');
  if (recorded < tokens) {
    judge.violate(`${run} has spent ${tokens} tokens, and ${recorded} are on record`);
  }
}
