import type { CallRecord, StepRecord } from '#runtime/contracts/ledger.ts';
import type { Fact } from '../evidence.ts';
import { type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/** Two clocks differ by so much at most: a lease may be seen as over, or as live, for so long. */
export const SKEW_TOLERANCE_MS = 4000;

/** R5: a stale holder can neither write nor answer, and a live one is left alone. */
export const oneHolder = (): Check => ({
  invariant: 'R5',
  see: (fact, scene, judge) => {
    if (fact.kind === 'step-written') judgeWrite(fact, scene, judge);
    if (fact.kind === 'call-written') judgeCall(fact.after, fact.by, scene, judge);
    if (fact.kind === 'call-began') judgeBeginning(fact, scene, judge);
  },
});

function judgeWrite(
  { before, after, by, atMs }: Fact & { readonly kind: 'step-written' },
  scene: Scene,
  judge: Judge,
): void {
  if (!before) return;
  const key = stepKeyOf(after);
  if (after.fence === before.fence) {
    const holder = scene.holders.get(`${key}#${before.fence}`);
    if (holder?.by !== by) {
      judge.violate(`${key}: ${by} writes under fence ${after.fence} of ${holder?.by}`);
    }
  } else if (after.fence !== before.fence + 1) {
    judge.violate(`${key}: fence ${before.fence} became ${after.fence}`);
  } else {
    judgeTaking(before, { key, by, atMs }, scene, judge);
  }
  for (const { fence } of after.outcomes.slice(before.outcomes.length)) {
    if (fence !== after.fence) {
      judge.violate(`${key}: an outcome of fence ${fence} was recorded under fence ${after.fence}`);
    }
  }
}

function judgeTaking(
  before: StepRecord,
  { key, by, atMs }: { readonly key: string; readonly by: string; readonly atMs: number },
  scene: Scene,
  judge: Judge,
): void {
  const isOver =
    before.outcomes.at(-1)?.fence === before.fence || before.deferral?.fence === before.fence;
  const restMs = before.leaseUntilMs - atMs;
  if (isOver) judge.saw('a step was taken again after an end');
  else if (restMs <= SKEW_TOLERANCE_MS) judge.saw('a step was taken from a lost holder');
  else if (isUnwanted(before, atMs, scene)) judge.saw('a holder of unwanted work was fenced off');
  else judge.violate(`${key}: ${by} took it ${restMs} ms before its lease was over`);
}

/** Stopped, superseded or late: whoever comes by may end it. */
function isUnwanted({ run, attempt }: StepRecord, atMs: number, scene: Scene): boolean {
  const control = scene.runs.get(run);
  if (!control) return false;
  const isLate = atMs >= Date.parse(control.deadlineAt) - SKEW_TOLERANCE_MS;
  return control.stop !== undefined || attempt.gen < control.gen || isLate;
}

function judgeCall(record: CallRecord, by: string, scene: Scene, judge: Judge): void {
  const key = stepKeyOf(record);
  const holder = scene.holders.get(`${key}#${record.fence}`);
  if (holder?.by !== by || scene.steps.get(key)?.fence !== record.fence) {
    judge.violate(`${key}: ${by} records call ${record.call} under fence ${record.fence}`);
  }
}

/** A stale holder begins nothing, once its lease is over by everybody's clock. */
function judgeBeginning(
  fact: Fact & { readonly kind: 'call-began' },
  scene: Scene,
  judge: Judge,
): void {
  const key = stepKeyOf(fact);
  const holder = scene.holders.get(`${key}#${scene.steps.get(key)?.fence}`);
  if (!holder || holder.by === fact.by) return;
  judge.saw('a call of a holder that had just lost the step');
  if (fact.atMs - holder.atMs > SKEW_TOLERANCE_MS) {
    judge.violate(
      `${key}: ${fact.by} begins ${fact.call} although ${holder.by} holds the step for ${fact.atMs - holder.atMs} ms`,
    );
  }
}
