import type { Fact } from '../evidence.ts';
import { attemptKeyOf, type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/**
 * R2, of forks: what the origin has performed is not performed again, and nothing new unless that is
 * wanted. An origin that goes on may perform an effect while the fork is at the same step: only what
 * was on record when the fork began the step counts.
 */
export function nothingRepeated(): Check {
  /** When the results of calls came on record. */
  const recordedAtMs = new Map<string, number>();
  return {
    invariant: 'R2',
    see: (fact, scene, judge) => {
      switch (fact.kind) {
        case 'call-written':
          remember(fact, recordedAtMs);
          break;
        case 'run-written':
          countFork(fact, judge);
          break;
        case 'call-began':
          judgeCall(fact, scene, { judge, recordedAtMs });
          break;
        case 'step-written':
          judgeReuse(fact, scene, judge);
          break;
        default:
      }
    },
  };
}

function remember(
  { after, atMs }: Fact & { readonly kind: 'call-written' },
  recordedAtMs: Map<string, number>,
): void {
  const call = `${stepKeyOf(after)}#${after.call}`;
  if (after.state === 'succeeded' && !recordedAtMs.has(call)) recordedAtMs.set(call, atMs);
}

function countFork({ before, after }: Fact & { readonly kind: 'run-written' }, judge: Judge): void {
  if (before || !after.forkedFrom) return;
  judge.saw(after.forkedFrom.liveEffects ? 'a fork with live effects' : 'a fork');
}

function judgeCall(
  fact: Fact & { readonly kind: 'call-began' },
  scene: Scene,
  {
    judge,
    recordedAtMs,
  }: { readonly judge: Judge; readonly recordedAtMs: ReadonlyMap<string, number> },
): void {
  const origin = scene.runs.get(fact.run)?.forkedFrom;
  if (!origin || !fact.call.startsWith('effect:')) return;
  judge.saw('an effect in a fork');
  const atMs = recordedAtMs.get(`${stepKeyOf({ ...fact, run: origin.run })}#${fact.call}`);
  const fence = scene.steps.get(stepKeyOf(fact))?.fence;
  const claimed = scene.holders.get(`${stepKeyOf(fact)}#${fence}`);
  if (atMs !== undefined && claimed && atMs < claimed.atMs) {
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
