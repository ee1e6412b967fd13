import type { PartialOutput } from '#runtime/contracts/ledger.ts';
import { type Fact, pastText } from '../evidence.ts';
import { serialIn } from '../outside.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';
import { SKEW_TOLERANCE_MS } from './one-holder.ts';

type Began = Fact & { readonly kind: 'call-began' };

/**
 * R9: a retry knows its past; a crash replays a recorded model reply, a failed attempt asks again.
 */
export function knownPast(): Check {
  const questions = new Questions();
  return {
    invariant: 'R9',
    see: (fact, scene, judge) => {
      switch (fact.kind) {
        case 'attempt-began':
          return judgePast(fact, scene, judge);
        case 'call-written':
          return questions.record(fact);
        case 'call-began':
          return questions.ask(fact, scene, judge);
        case 'replied':
          return questions.reply(fact, judge);
        default:
      }
    },
  };
}

/** What was asked of the model, and which replies are on record. */
class Questions {
  readonly #asked = new Map<number, Began>();
  readonly #recorded = new Set<string>();

  record({ after }: Fact & { readonly kind: 'call-written' }): void {
    if (!after.call.startsWith('model:')) return;
    const began = this.#asked.get(serialIn(JSON.stringify(after.result)));
    if (began) this.#recorded.add(questionOf(began));
  }

  ask(fact: Began, scene: Scene, judge: Judge): void {
    if (!fact.call.startsWith('model:')) return;
    this.#asked.set(fact.serial, fact);
    if (fact.failures > 0) judge.saw('a failed attempt asked');
    if (this.#recorded.has(questionOf(fact)) && !isStale(fact, scene)) {
      judge.violate(`${questionOf(fact)} is asked again although its reply is on record`);
    }
  }

  reply(fact: Fact & { readonly kind: 'replied' }, judge: Judge): void {
    const began = this.#asked.get(fact.serial);
    if (began?.failures !== fact.failures) {
      judge.violate(
        `${stepKeyOf(fact)}: after ${fact.failures} failures ${fact.call} got the reply of the attempt after ${began?.failures}`,
      );
    }
    if (began && began.by !== fact.by) judge.saw('a reply was replayed after a crash');
  }
}

const questionOf = ({ run, path, call, failures }: Began): string =>
  `${run}/${path} ${call} after ${failures} failures`;

/** A holder that has lost the step, and cannot know it yet. */
function isStale(fact: Began, scene: Scene): boolean {
  const key = stepKeyOf(fact);
  const holder = scene.holders.get(`${key}#${scene.steps.get(key)?.fence}`);
  return holder?.by !== fact.by && fact.atMs - (holder?.atMs ?? 0) <= SKEW_TOLERANCE_MS;
}

const shownIn = (partial: PartialOutput | undefined): unknown =>
  partial && ('text' in partial ? partial.text : partial.value);

function judgePast(
  fact: Fact & { readonly kind: 'attempt-began' },
  scene: Scene,
  judge: Judge,
): void {
  const record = scene.steps.get(stepKeyOf(fact));
  const codes = (record?.outcomes ?? []).flatMap(({ result, partial }) =>
    result.status === 'succeeded' ? [] : [pastText(result.failure.code, shownIn(partial))],
  );
  if (codes.some((text) => text.includes(' '))) judge.saw('a retry with a partial output');
  if (codes.length > 0) judge.saw('a retry with a past');
  const isHolder = scene.holders.get(`${stepKeyOf(fact)}#${record?.fence}`)?.by === fact.by;
  if (isHolder && codes.join() !== fact.errors.join()) {
    judge.violate(
      `${stepKeyOf(fact)}: the attempt was told of ${fact.errors.join() || 'no failure'}; on record are ${codes.join() || 'none'}`,
    );
  }
}
