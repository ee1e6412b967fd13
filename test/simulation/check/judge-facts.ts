/** The court: every invariant judged from the facts in their order and from what was left. */
import type { Fact } from '../evidence.ts';
import { type Check, Judge, type Remains, Scene } from './check.ts';
import { finalOutcomes } from './final-outcomes.ts';
import { heardStop } from './heard-stop.ts';
import { joinsOnce } from './joins-once.ts';
import { knownPast } from './known-past.ts';
import { noLateWork } from './no-late-work.ts';
import { nothingRepeated } from './nothing-repeated.ts';
import { nothingUntold } from './nothing-untold.ts';
import { onceOutside } from './once-outside.ts';
import { oneAfterTheOther, onlyTheLatest } from './one-after-the-other.ts';
import { oneEnd } from './one-end.ts';
import { oneHolder } from './one-holder.ts';
import { ownFaultOnly } from './own-fault-only.ts';
import { previousNewest } from './previous-newest.ts';
import { reactiveEnd } from './reactive-end.ts';
import { reactsOnce } from './reacts-once.ts';
import { inOrderOfTheShard, onlyItsRunWaits } from './runs-apart.ts';
import { sameFromAnyOrder } from './same-from-any-order.ts';
import { withinBudget } from './within-budget.ts';
import { withinQuota } from './within-quota.ts';

const CHECKS: readonly (() => Check)[] = [
  oneEnd,
  onceOutside,
  finalOutcomes,
  nothingUntold,
  oneHolder,
  nothingRepeated,
  noLateWork,
  heardStop,
  withinQuota,
  withinBudget,
  knownPast,
  ownFaultOnly,
  sameFromAnyOrder,
  reactiveEnd,
  reactsOnce,
  oneAfterTheOther,
  onlyTheLatest,
  joinsOnce,
  previousNewest,
  inOrderOfTheShard,
  onlyItsRunWaits,
];

export function judgeFacts(facts: readonly Fact[], remains: Remains): Judge {
  const checks = CHECKS.map((make) => make());
  const [scene, judge] = [new Scene(), new Judge()];
  for (const fact of facts) {
    for (const { invariant, see } of checks) {
      judge.turnTo(invariant);
      see?.(fact, scene, judge);
    }
    scene.apply(fact);
  }
  for (const { invariant, end } of checks) {
    judge.turnTo(invariant);
    end?.(remains, scene, judge);
  }
  return judge;
}
