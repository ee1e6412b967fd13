import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/** So long a worker may not yet know that its generation was followed by another. */
const HEARD_WITHIN_MS = 1000;

type Began = Fact & { readonly kind: 'call-began' };

/** R6: work past its deadline, or superseded, costs no new call. (Stopped work: R10.) */
export function noLateWork(): Check {
  /** When the current generation of a run was accepted. */
  const followedMs = new Map<string, number>();
  return {
    invariant: 'R6',
    see: (fact, scene, judge) => {
      if (fact.kind === 'run-written' && fact.before && fact.after.gen > fact.before.gen) {
        followedMs.set(fact.after.run, fact.atMs);
        judge.saw('a run was resumed');
      }
      if (fact.kind !== 'call-began') return;
      judgeDeadline(fact, scene, judge);
      judgeGeneration(fact, followedMs.get(fact.run), scene, judge);
    },
  };
}

/** By the run's record and the worker's own clock. */
function judgeDeadline(fact: Began, scene: Scene, judge: Judge): void {
  const { run, path, by, call, localMs } = fact;
  const lateMs = localMs - Date.parse(scene.runs.get(run)?.deadlineAt ?? '');
  if (lateMs > -5000) judge.saw('a call just before the deadline');
  if (lateMs >= 0) {
    judge.violate(`${run}/${path}: ${by} begins ${call} ${lateMs} ms after the deadline`);
  }
}

function judgeGeneration(
  fact: Began,
  followedMs: number | undefined,
  scene: Scene,
  judge: Judge,
): void {
  const { run, path, by, call, atMs } = fact;
  const own = scene.generations.get(`${stepKeyOf(fact)}@${by}`);
  const current = scene.runs.get(run)?.gen ?? 0;
  if (own === undefined || followedMs === undefined || own >= current) return;
  judge.saw('a call of a generation that was just followed');
  if (atMs - followedMs > HEARD_WITHIN_MS) {
    judge.violate(
      `${run}/${path}: ${by} begins ${call} of generation ${own} although ${current} has followed ${atMs - followedMs} ms before`,
    );
  }
}
