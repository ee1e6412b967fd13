import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

type Began = Fact & { readonly kind: 'call-began' };
type Performed = Fact & { readonly kind: 'performed' };

/** The tool that models may call. */
const TOOL = 'sign';

/**
 * R2: a recorded call is never performed twice; one whose outcome is unknown follows its policy.
 */
export function onceOutside(): Check {
  /** What was done outside, by effect. */
  const done = new Map<string, Performed[]>();
  /** Which effect uses a key. */
  const owners = new Map<string, string>();
  const tools = new Tools();
  const perform = (fact: Performed, judge: Judge): void => {
    if (fact.name === TOOL) return;
    const effect = `${stepKeyOf(fact)}#effect:${fact.name}`;
    const before = done.get(effect) ?? [];
    const owner = owners.get(fact.key) ?? effect;
    done.set(effect, [...before, fact]);
    owners.set(fact.key, owner);
    if (owner !== effect) judge.violate(`${effect} used the key of ${owner}`);
    if (before.length > 0) judgeRepetition(effect, before, fact, judge);
  };
  return {
    invariant: 'R2',
    see: (fact, scene, judge) => {
      if (fact.kind === 'call-began') judgeBeginning(fact, scene, judge);
      if (fact.kind === 'performed') perform(fact, judge);
      tools.see(fact, judge);
    },
    end: (_remains, scene, judge) => {
      for (const effect of done.keys()) judgeRecord(effect, scene, judge);
    },
  };
}

/** A tool's calls are told apart by their keys: each input, each time that the model wanted it. */
class Tools {
  /** What each key has done. */
  readonly #results = new Map<string, string>();
  readonly #recorded = new Set<string>();

  see(fact: Fact, judge: Judge): void {
    if (fact.kind === 'performed' && fact.name === TOOL) this.#perform(fact, judge);
    if (fact.kind === 'call-written' && fact.after.call.startsWith(`tool:${TOOL}`)) {
      this.#recorded.add(String(fact.after.result));
    }
    if (fact.kind !== 'call-began' || !fact.call.startsWith(`tool:${TOOL}`)) return;
    const result = this.#results.get(fact.call.split('#')[1] ?? '');
    if (result !== undefined && this.#recorded.has(result)) {
      judge.violate(`${stepKeyOf(fact)} calls ${fact.call} again although its result is on record`);
    }
  }

  #perform({ key, result, isFirst }: Performed, judge: Judge): void {
    judge.saw(isFirst ? 'a tool was called' : 'a tool was called again under the same key');
    this.#results.set(key, result);
  }
}

function judgeRepetition(
  effect: string,
  before: readonly Performed[],
  { key, policy }: Performed,
  judge: Judge,
): void {
  judge.saw(`performed again under the same key, policy ${policy}`);
  if (before.some((earlier) => earlier.key !== key)) judge.violate(`${effect} used two keys`);
  if (policy === 'fail') {
    judge.violate(`${effect} was performed twice although its policy is "fail"`);
  }
}

function judgeRecord(effect: string, scene: Scene, judge: Judge): void {
  const record = scene.calls.get(effect);
  judge.saw(`an effect that happened is on record as ${record?.state}`);
  if (!record) judge.violate(`${effect} happened and is not on record at all`);
  if (record?.state === 'failed')
    judge.violate(`${effect} happened and is on record as not happened`);
}

function judgeBeginning(fact: Began, scene: Scene, judge: Judge): void {
  if (!fact.call.startsWith('effect:')) return;
  const effect = `${stepKeyOf(fact)}#${fact.call}`;
  const record = scene.calls.get(effect);
  if (record?.state === 'succeeded') {
    judge.violate(`${effect} begins again at ${fact.by} although its result is on record`);
  } else if (record?.state !== 'started') {
    judge.violate(`${effect} begins at ${fact.by} and its intent is not on record`);
  }
  judge.saw('an effect began');
}
