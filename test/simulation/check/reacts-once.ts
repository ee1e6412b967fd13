import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import type { EventRule } from '#runtime/contracts/subscriptions.ts';
import type { Fact } from '../evidence.ts';
import { deployedTalk } from '../reactive/contracts.ts';
import type { Check, Judge, Scene } from './check.ts';
import { isMet, type RunScene, ruleOf } from './reactive-scene.ts';

/**
 * X1: a rule reacts to each event that meets it once, whatever is told again, and to no other. What the
 * router has dealt with before its run's end has led to a reaction, or to word of why not.
 */
export const reactsOnce = (): Check => ({
  invariant: 'X1',
  see: (fact, scene, judge) => {
    if (fact.kind === 'dispatched') judgeMessage(fact, scene, judge);
  },
  end: (_remains, scene, judge) => {
    for (const [run, own] of scene.reactive.runs) judgeComplete(run, own, scene, judge);
  },
});

function judgeMessage(
  { message }: Fact & { readonly kind: 'dispatched' },
  scene: Scene,
  judge: Judge,
): void {
  const { path } = message.step;
  const own = scene.reactive.of(message.run.id);
  const where = `${message.run.id}/${path}`;
  const first = own.sent.get(path);
  if (first) {
    judge.saw('a message was sent again');
    if (JSON.stringify(first) !== JSON.stringify(message)) {
      judge.violate(`${where} was sent as ${JSON.stringify(first)} and ${JSON.stringify(message)}`);
    }
    return;
  }
  const rule = ruleOf(path);
  if (rule?.kind !== 'event') return;
  judge.saw(`a reaction, ${rule.perRun}`);
  const cause = scene.event(message.reaction?.cause ?? '');
  if (!cause || !isMet(rule, cause)) {
    judge.violate(`${where} reacts to ${JSON.stringify(cause)}, which the rule is not about`);
  }
  for (const [other, { reaction }] of own.sent) {
    if (ruleOf(other) !== rule || reaction?.cause !== message.reaction?.cause) continue;
    judge.violate(`${where} and ${other} react to the same event ${reaction?.cause}`);
  }
}

function judgeComplete(run: string, own: RunScene, scene: Scene, judge: Judge): void {
  const caused = new Set([...own.sent].map(([path, { reaction }]) => key(path, reaction?.cause)));
  const dropped = droppedIn(run, scene);
  const missing = EVENT_RULES.flatMap((rule) =>
    own
      .known(rule)
      .filter(({ id }) => !caused.has(`${rule.name} ${id}`))
      .map(({ id }) => ({ rule, id, why: dropped.get(`${rule.name} ${id}`) })),
  );
  for (const { rule, id, why } of missing) {
    judge.saw(`no reaction: ${why}`);
    if (why !== undefined && isAllowed(why, rule, id, own)) continue;
    judge.violate(`${rule.name} does not react to ${id} of run ${run}: ${why ?? 'not a word'}`);
  }
}

const EVENT_RULES = deployedTalk.rules.filter((rule) => rule.kind === 'event');

const key = (path: string, cause: string | undefined): string => `${path.split('@')[0]} ${cause}`;

/** Why there was no reaction, by rule and event. */
function droppedIn(run: string, { told }: Scene): ReadonlyMap<string, string> {
  const drops = [...told.values()].filter(
    (event) => event.run === run && event.type === 'signalbox.reaction.dropped',
  );
  return new Map(
    drops.flatMap(({ data }) => {
      const { rule, why, events } = data as {
        readonly rule: string;
        readonly why: string;
        readonly events: readonly string[];
      };
      return events.map((id) => [`${rule} ${id}`, why] as const);
    }),
  );
}

function isAllowed(why: string, rule: EventRule, id: string, own: RunScene): boolean {
  if (why === 'not-begun') return own.endOrder < Number.POSITIVE_INFINITY;
  const event = own.heard.get(id)?.event;
  const isOlder = (other: SignalboxEvent): boolean =>
    event !== undefined && eventPosition(event) < eventPosition(other);
  const others = [...own.heard.values()].map((heard) => heard.event);
  const isPassed = others.some((other) => isMet(rule, other) && isOlder(other));
  return why === 'superseded' && rule.perRun === 'latest' && isPassed;
}
