import type { Fact } from '../evidence.ts';
import { attemptKeyOf, type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/** R2, of forks: what the origin has performed is not performed again, and nothing new unless that is wanted. */
export const nothingRepeated = (): Check => ({
  invariant: 'R2',
  see: (fact, scene, judge) => {
    if (fact.kind === 'run-written' && fact.after.forkedFrom && !fact.before) {
      judge.saw(fact.after.forkedFrom.liveEffects ? 'a fork with live effects' : 'a fork');
    }
    if (fact.kind === 'call-began' && fact.call.startsWith('effect:'))
      judgeCall(fact, scene, judge);
    if (fact.kind === 'step-written') judgeReuse(fact, scene, judge);
  },
});

function judgeCall(fact: Fact & { readonly kind: 'call-began' }, scene: Scene, judge: Judge): void {
  const origin = scene.runs.get(fact.run)?.forkedFrom;
  if (!origin) return;
  judge.saw('an effect in a fork');
  const recorded = scene.calls.get(`${stepKeyOf({ ...fact, run: origin.run })}#${fact.call}`);
  if (recorded?.state === 'succeeded') {
    judge.violate(`${stepKeyOf(fact)} repeats ${fact.call} of ${origin.run}`);
  }
  if (!origin.liveEffects) {
    judge.violate(`${stepKeyOf(fact)} performs ${fact.call} in a fork without live effects`);
  }
}

/** A result that was taken over is the origin's. */
function judgeReuse(
  { before, after }: Fact & { readonly kind: 'step-written' },
  scene: Scene,
  judge: Judge,
): void {
  const [added] = after.outcomes.slice(before?.outcomes.length ?? 0);
  const end = added?.events.find(({ type }) => type === 'signalbox.step.succeeded');
  const from = reusedFromIn(end?.data);
  if (!added || from === undefined) return;
  judge.saw('a step took over an outcome');
  const origin = scene.steps.get(stepKeyOf({ run: from, path: after.path }));
  const success = origin?.outcomes.find(({ result }) => result.status === 'succeeded');
  if (JSON.stringify(success?.result) !== JSON.stringify(added.result)) {
    judge.violate(
      `${stepKeyOf(after)} took over from ${from} what is not on record there (attempt ${success && attemptKeyOf(success.attempt)})`,
    );
  }
}

const reusedFromIn = (data: unknown): string | undefined =>
  typeof data === 'object' && data !== null && 'reusedFrom' in data
    ? String(data.reusedFrom)
    : undefined;
