import { eventPosition } from '#runtime/contracts/event.ts';
import type { OwedReaction } from '#runtime/contracts/reactions.ts';
import type { EventRule } from '#runtime/contracts/subscriptions.ts';
import type { Check, Judge, Scene } from './check.ts';
import { isFinal, newlyBegun, pathOf, type RunScene, ruleOf } from './reactive-scene.ts';

/** X2: reactions of a serial rule begin one after the other has ended, in the order of their events. */
export const oneAfterTheOther = (): Check => oneAtATime('X2', 'serial', judgeOrder);

/** X3: of a rule that keeps the latest one at most is under way, and what begins is the newest that is known. */
export const onlyTheLatest = (): Check => oneAtATime('X3', 'latest', judgeNewest);

type JudgeOne = (reaction: OwedReaction, rule: EventRule, own: RunScene, judge: Judge) => void;

const oneAtATime = (
  invariant: Check['invariant'],
  perRun: EventRule['perRun'],
  judgeOne: JudgeOne,
): Check => ({
  invariant,
  see: (fact, scene, judge) => {
    if (fact.kind !== 'reactions-written') return;
    const own = scene.reactive.of(fact.after.run);
    const reactions = newlyBegun(fact, own);
    for (const [i, reaction] of reactions.entries()) {
      const rule = ruleOf(reaction.rule);
      if (rule?.kind !== 'event' || rule.perRun !== perRun) continue;
      const others = reactions.slice(0, i).filter((one) => one.rule === reaction.rule);
      judgeAlone(fact.after.run, reaction, [...own.begun.values(), ...others], scene, judge);
      judgeOne(reaction, rule, own, judge);
    }
  },
});

/** Every reaction of the rule that has begun before has ended, and that has been told. */
function judgeAlone(
  run: string,
  reaction: OwedReaction,
  begun: readonly OwedReaction[],
  scene: Scene,
  judge: Judge,
): void {
  const before = begun.filter(({ rule }) => rule === reaction.rule).map(pathOf);
  if (before.length === 0) return;
  judge.saw('a reaction followed another');
  const ended = new Set(
    [...scene.told.values()].flatMap((event) =>
      event.run === run && isFinal(event) ? [event.subject] : [],
    ),
  );
  const path = pathOf(reaction);
  for (const other of before) {
    if (!ended.has(other)) judge.violate(`${run}/${path} begins although ${other} has not ended`);
  }
}

function judgeOrder(reaction: OwedReaction, rule: EventRule, own: RunScene, judge: Judge): void {
  const { event } = reaction;
  const begun = new Set([...own.begun.values()].map(({ rule: of, cause }) => `${of} ${cause}`));
  for (const earlier of own.known(rule)) {
    if (!event || eventPosition(earlier) >= eventPosition(event)) break;
    if (begun.has(`${rule.name} ${earlier.id}`)) continue;
    judge.violate(`${pathOf(reaction)} of ${event.id} begins before that of ${earlier.id}`);
  }
}

function judgeNewest(reaction: OwedReaction, rule: EventRule, own: RunScene, judge: Judge): void {
  const { event } = reaction;
  const newest = own.known(rule).at(-1);
  if (!event || !newest || eventPosition(newest) <= eventPosition(event)) return;
  judge.violate(`${pathOf(reaction)} of ${event.id} begins although ${newest.id} is newer`);
}
