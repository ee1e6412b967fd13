import type { RecordedAnswer } from '#runtime/adapters/memory/orchestrator.ts';
import type { StepOutcome, StepRecord } from '#runtime/contracts/ledger.ts';
import { attemptOf } from '#runtime/contracts/task-message.ts';
import type { Fact } from '../evidence.ts';
import { attemptKeyOf, type Check, type Judge, type Scene, stepKeyOf } from './check.ts';

/** R3: a recorded success never changes; a recorded failure is final for its attempt; answers are what is on record. */
export const finalOutcomes = (): Check => ({
  invariant: 'R3',
  see: (fact, scene, judge) => {
    if (fact.kind === 'step-written') judgeWrite(fact.before, fact.after, judge);
    if (fact.kind === 'answered') judgeAnswer(fact, scene, judge);
  },
});

function judgeWrite(before: StepRecord | null, after: StepRecord, judge: Judge): void {
  const key = stepKeyOf(after);
  const added = after.outcomes.length - (before?.outcomes.length ?? 0);
  for (const [i, outcome] of (before?.outcomes ?? []).entries()) {
    if (essence(after.outcomes[i]) !== essence(outcome)) {
      judge.violate(
        `${key}: the recorded outcome ${essence(outcome)} became ${essence(after.outcomes[i])}`,
      );
    }
  }
  if (before?.outcomes.some(({ result }) => result.status === 'succeeded') && added > 0) {
    judge.violate(`${key}: another outcome after the success`);
  }
  const attempts = after.outcomes.map(({ attempt }) => attemptKeyOf(attempt));
  if (new Set(attempts).size !== attempts.length) {
    judge.violate(`${key}: two outcomes of one attempt: ${attempts.join(', ')}`);
  }
  if (added > 0) judge.saw(`an outcome was recorded: ${codeOf(after.outcomes.at(-1))}`);
  if (after.deferral && after.deferral.seq !== before?.deferral?.seq)
    judge.saw('a step was deferred');
}

const codeOf = (outcome: StepOutcome | undefined): string | undefined =>
  outcome?.result.status === 'succeeded' ? 'SUCCEEDED' : outcome?.result.failure.code;

/** Everything but the events, which are dropped once they are told. */
const essence = (outcome: StepOutcome | undefined): string =>
  JSON.stringify(outcome && { ...outcome, events: [] });

function judgeAnswer(
  { message, answer, token, isTaken }: Fact & { readonly kind: 'answered' },
  scene: Scene,
  judge: Judge,
): void {
  const key = stepKeyOf({ run: message.run.id, path: message.step.path });
  const outcomes = scene.steps.get(key)?.outcomes ?? [];
  const own = attemptKeyOf(attemptOf(message));
  const ended = outcomes.find(({ attempt }) => attemptKeyOf(attempt) === own);
  const success = outcomes.find(({ result }) => result.status === 'succeeded');
  // To nobody, what an attempt ended with may be said as well as the success of a later one.
  const allowed = (isTaken ? [success ?? ended] : [success, ended]).filter(
    (one) => one !== undefined,
  );
  judge.saw(isTaken ? 'an answer was taken' : 'an answer came too late');
  if (!allowed.some((outcome) => says(answer, outcome))) {
    judge.violate(
      `${token} was answered ${JSON.stringify(answer)}; on record is ${allowed.map(essence).join(' or ') || 'nothing'}`,
    );
  }
}

const says = (answer: RecordedAnswer, { result }: StepOutcome): boolean =>
  result.status === 'succeeded'
    ? answer.kind === 'succeeded' && JSON.stringify(answer.output) === JSON.stringify(result.output)
    : answer.kind === 'failed' && answer.error === result.failure.name;
