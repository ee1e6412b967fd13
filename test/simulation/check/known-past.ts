import type { Fact } from '../evidence.ts';
import { serialIn } from '../outside.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';
import { SKEW_TOLERANCE_MS } from './one-holder.ts';

/**
 * R9: a retry knows its past; a crash replays a recorded model reply, a failed attempt asks again.
 */
export function knownPast(): Check {
  const asked = new Map<number, Fact & { readonly kind: 'call-began' }>();
  /** When a reply was recorded, by step, call and failures before it. */
  const replies = new Map<string, number>();
  return {
    invariant: 'R9',
    see: (fact, scene, judge) => {
      if (fact.kind === 'attempt-began') judgePast(fact, scene, judge);
      if (fact.kind === 'call-written' && fact.after.call.startsWith('model:')) {
        const began = asked.get(serialIn(JSON.stringify(fact.after.result)));
        if (began) replies.set(questionOf(began), fact.atMs);
      }
      if (fact.kind === 'call-began' && fact.call.startsWith('model:')) {
        asked.set(fact.serial, fact);
        const recordedMs = replies.get(questionOf(fact));
        if (recordedMs !== undefined && !isStale(fact, scene)) {
          judge.violate(`${questionOf(fact)} is asked again although its reply is on record`);
        }
        if (fact.failures > 0) judge.saw('a failed attempt asked');
      }
      if (fact.kind === 'replied') {
        const began = asked.get(fact.serial);
        if (began?.failures !== fact.failures) {
          judge.violate(
            `${stepKeyOf(fact)}: after ${fact.failures} failures ${fact.call} got the reply of the attempt after ${began?.failures}`,
          );
        }
        if (began && began.by !== fact.by) judge.saw('a reply was replayed after a crash');
      }
    },
  };
}

const questionOf = ({
  run,
  path,
  call,
  failures,
}: Fact & { readonly kind: 'call-began' }): string =>
  `${run}/${path} ${call} after ${failures} failures`;

/** A holder that has lost the step, and cannot know it yet. */
function isStale(fact: Fact & { readonly kind: 'call-began' }, scene: Scene): boolean {
  const key = stepKeyOf(fact);
  const holder = scene.holders.get(`${key}#${scene.steps.get(key)?.fence}`);
  return holder?.by !== fact.by && fact.atMs - (holder?.atMs ?? 0) <= SKEW_TOLERANCE_MS;
}

function judgePast(
  fact: Fact & { readonly kind: 'attempt-began' },
  scene: Scene,
  judge: Judge,
): void {
  const record = scene.steps.get(stepKeyOf(fact));
  const codes = (record?.outcomes ?? []).flatMap(({ result }) =>
    result.status === 'succeeded' ? [] : [result.failure.code],
  );
  if (codes.length > 0) judge.saw('a retry with a past');
  const isHolder = scene.holders.get(`${stepKeyOf(fact)}#${record?.fence}`)?.by === fact.by;
  if (isHolder && codes.join() !== fact.errors.join()) {
    judge.violate(
      `${stepKeyOf(fact)}: the attempt was told of ${fact.errors.join() || 'no failure'}; on record are ${codes.join() || 'none'}`,
    );
  }
}
