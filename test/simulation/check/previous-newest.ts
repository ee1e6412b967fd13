import { eventPosition } from '#runtime/contracts/event.ts';
import type { Fact } from '../evidence.ts';
import type { Check, Judge, Scene } from './check.ts';
import { newlyBegun, pathOf, ruleOf } from './reactive-scene.ts';

/** B2: a reaction that goes after others knows the newest of what they have emitted, whatever was told when. */
export const previousNewest = (): Check => ({
  invariant: 'B2',
  see: (fact, scene, judge) => {
    if (fact.kind === 'dispatched') judgeInput(fact, scene, judge);
    if (fact.kind === 'reactions-written') judgeBeginning(fact, scene, judge);
  },
});

/** What was decided on is what the agent gets. */
function judgeInput(
  { message }: Fact & { readonly kind: 'dispatched' },
  scene: Scene,
  judge: Judge,
): void {
  const { run, step, input } = message;
  const { fields } = scene.reactive.of(run.id).begun.get(step.path) ?? {};
  for (const field of Object.keys(previousOf(step.path))) {
    const got = JSON.stringify((input as Readonly<Record<string, unknown>>)[field]);
    const id = fields?.[field]?.id;
    const right = JSON.stringify(id === undefined ? null : scene.event(id)?.data);
    if (got !== right) judge.violate(`${run.id}/${step.path} got ${got} as ${field}, not ${right}`);
  }
}

function judgeBeginning(
  fact: Fact & { readonly kind: 'reactions-written' },
  scene: Scene,
  judge: Judge,
): void {
  const { run } = fact.after;
  for (const { fields, ...reaction } of newlyBegun(fact, scene.reactive.of(run))) {
    const path = pathOf(reaction);
    for (const [field, type] of Object.entries(previousOf(path))) {
      const newest = newestOnRecord(run, type, scene);
      judge.saw(newest ? 'a reaction knew what was before' : 'nothing was before');
      if (fields[field]?.id === newest?.id) continue;
      const right = `the newest on record is ${newest?.id}`;
      judge.violate(`${run}/${path} begins with ${fields[field]?.id} as ${field}; ${right}`);
    }
  }
}

const previousOf = (path: string): Readonly<Record<string, string>> => {
  const rule = ruleOf(path);
  return rule?.kind === 'event' ? rule.previous : {};
};

/** The newest event of a type that the run's steps have recorded. */
const newestOnRecord = (run: string, type: string, { recorded }: Scene) =>
  [...recorded.values()]
    .filter((event) => event.run === run && event.type === type)
    .sort((a, b) => (eventPosition(a) < eventPosition(b) ? -1 : 1))
    .at(-1);
