import type { JoinRule } from '#runtime/contracts/subscriptions.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { deployedTalk } from '../reactive/contracts.ts';
import type { Check, Judge, Scene } from './check.ts';
import { type Heard, type RunScene, ruleOf } from './reactive-scene.ts';

/** Between the router's clock and the world's, when it opens a join. */
const SLACK_MS = 10_000;

/**
 * J1: a join fires once, for its run or for each origin, whatever is duplicated or reordered: with events
 * of that run or origin, and whenever all of them came in time.
 */
export const joinsOnce = (): Check => ({
  invariant: 'J1',
  see: (fact, scene, judge) => {
    if (fact.kind !== 'dispatched') return;
    const { message } = fact;
    const rule = ruleOf(message.step.path);
    if (rule?.kind === 'join') judgeFired(rule, message, scene, judge);
  },
  end: (_remains, scene, judge) => {
    for (const [run, own] of scene.reactive.runs) {
      for (const rule of deployedTalk.rules) {
        if (rule.kind === 'join') judgeComplete(run, rule, own, judge);
      }
    }
  },
});

function judgeFired(rule: JoinRule, message: TaskMessage, scene: Scene, judge: Judge): void {
  const { run, step, reaction } = message;
  const own = scene.reactive.of(run.id);
  judge.saw(`a join fired, per ${rule.per}`);
  for (const [path, other] of own.sent) {
    if (path === step.path || ruleOf(path) !== rule) continue;
    if (rule.per === 'origin' && other.reaction?.origin !== reaction?.origin) continue;
    judge.violate(`${run.id}: ${step.path} and ${path} are the same join, fired twice`);
  }
  const input = message.input as Readonly<Record<string, unknown>>;
  for (const [field, type] of Object.entries(rule.types)) {
    const data = JSON.stringify(input[field]);
    const isOne = [...scene.told.values(), ...scene.recorded.values()].some(
      (event) =>
        event.run === run.id &&
        event.type === type &&
        (rule.per === 'run' || event.origin === reaction?.origin) &&
        JSON.stringify(event.data) === data,
    );
    if (!isOne)
      judge.violate(`${run.id}/${step.path} got as ${field} what no ${type} says: ${data}`);
  }
}

function judgeComplete(run: string, rule: JoinRule, own: RunScene, judge: Judge): void {
  const heard = [...own.heard.values()].filter(
    ({ event, order }) => order < own.endOrder && !own.aside.has(event.id),
  );
  const groups = Map.groupBy(heard, ({ event }) =>
    rule.per === 'run' ? 'run' : (event.origin ?? event.id),
  );
  const fired = [...own.sent].flatMap(([path, { reaction }]) =>
    ruleOf(path) === rule ? [rule.per === 'run' ? 'run' : reaction?.origin] : [],
  );
  for (const [key, events] of groups) {
    if (!isComplete(rule, events)) continue;
    judge.saw(`a join was complete, per ${rule.per}`);
    if (!fired.includes(key)) judge.violate(`${rule.name} of run ${run} for ${key} never fired`);
  }
}

/** All types have come, and what came first was not given up by then. */
function isComplete({ types, timeoutSeconds }: JoinRule, heard: readonly Heard[]): boolean {
  const firsts = Object.values(types).map((type) => heard.find(({ event }) => event.type === type));
  const came = firsts.flatMap((first) => (first ? [Date.parse(first.event.time), first.atMs] : []));
  const limitMs = timeoutSeconds * 1000 - SLACK_MS;
  return firsts.every((first) => first) && Math.max(...came) - Math.min(...came) < limitMs;
}
