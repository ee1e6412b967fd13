/** The facts as people read them, one line each. */
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { RunRecord, StepOutcome, StepRecord } from '#runtime/contracts/ledger.ts';
import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import type { Fact } from './evidence.ts';

/** @param startMs the instant that is called 0 */
export const historyOf = (facts: readonly Fact[], startMs: number): readonly string[] =>
  facts.flatMap((fact) => {
    const text = textOf(fact);
    const at = ((fact.atMs - startMs) / 1000).toFixed(3).padStart(10);
    return text === null ? [] : [`${at} ${fact.by}: ${text}`];
  });

function textOf(fact: Fact): string | null {
  switch (fact.kind) {
    case 'step-written':
      return `${stepName(fact.after)} ${stepText(fact.before, fact.after)}`;
    case 'call-written':
      return `${stepName(fact.after)} records call ${fact.after.call} ${fact.after.state}, fence ${fact.after.fence}`;
    case 'run-written':
      return runText(fact.after);
    case 'reactions-written':
      return reactionsText(fact.after);
    case 'dispatched':
      return `has ${fact.message.step.agent} react: ${short(fact.message.run.id)}/${fact.message.step.path} to ${fact.message.reaction?.cause}`;
    case 'taken':
      return `has dealt with ${fact.records.length} records of the shard`;
    case 'handled':
      return `has handled event ${fact.event} of ${short(fact.run)}`;
    case 'laid-aside':
      return `lays event ${fact.event} of ${short(fact.run)} aside${fact.isCause ? ', which it cannot handle' : ', behind another'}`;
    case 'quota-changed':
      return quotaText(fact.after);
    case 'budget-written':
      return `run ${short(fact.after.run)} has spent ${fact.after.spent.tokens} tokens, ${Object.keys(fact.after.reserved).length} calls are reserved`;
    case 'parked':
      return `parks ${fact.letter.code}: ${fact.letter.cause.slice(0, 100)}`;
    case 'appended':
      return `to the stream: ${eventsText(fact.events)}`;
    case 'kept':
      return `to the outbox: ${eventsText(fact.events)}`;
    case 'answered':
      return answerText(fact);
    case 'acked':
      return `acknowledged ${messageText(fact.body)}${fact.isOwed ? ' ALTHOUGH IT IS OWED' : ''}`;
    case 'buried':
      return `gives up ${messageText(fact.body)}`;
    case 'attempt-began':
      return `the agent of ${stepName(fact)} begins, after ${fact.errors.join(', ') || 'no failure'}`;
    case 'attempt-left':
      return `the agent of ${stepName(fact)} is done`;
    case 'call-began':
      return `the agent of ${stepName(fact)} begins ${fact.call} (${fact.serial})`;
    case 'paid':
      return `${fact.tokens} tokens for ${stepName(fact)}`;
    case 'delayed':
      return `${fact.isEverybody ? 'everything' : 'it'} stands still for ${fact.ms} ms`;
    case 'replied':
      return `the agent of ${stepName(fact)} has the reply of ${fact.call} (${fact.serial})`;
    case 'performed':
      return `performs ${fact.name} of ${stepName(fact)}${fact.isFirst ? '' : ' again'}`;
    case 'execution':
      return `execution ${fact.name} ${[fact.status, fact.error].join(' ')}`;
    case 'requested':
      return `${fact.method} ${fact.path} → ${fact.status}`;
    case 'poisoned':
      return `the input of ${stepName(fact)} is poison`;
    case 'littered':
      return `garbage in ${fact.where}`;
    case 'noted':
      return fact.text;
  }
}

/** Runs are told apart by the beginnings of their ids. */
const short = (run: string): string => run.slice(0, 5);

const stepName = ({ run, path }: { readonly run: string; readonly path: string }): string =>
  `${short(run)}/${path}`;

const runText = ({ run, gen, progress, stop, end }: RunRecord): string =>
  [
    `run ${run}, generation ${gen}: ${progress}`,
    ...(stop ? ['to stop'] : []),
    ...(end ? [`ended ${end.status}`] : []),
  ].join(', ');

const reactionsText = ({ run, rev, rules, owed, end }: ReactionsRecord): string =>
  [
    `reactions of ${short(run)}, revision ${rev}`,
    ...Object.entries(rules).flatMap(([rule, { underWay, waiting }]) => [
      ...underWay.map((n) => `${rule}@${n} is under way`),
      ...waiting.map(({ n }) => `${rule}@${n} waits`),
    ]),
    ...owed.map(({ kind }) => `${kind} owed`),
    ...(end ? [`ended ${end.status}`] : []),
  ].join(', ');

const quotaText = ({ quota, tenant, epoch, requests, closed }: QuotaRecord): string =>
  [
    `quota ${[quota, ...(tenant === undefined ? [] : [tenant])].join(' of ')}`,
    `epoch ${epoch}`,
    closed ? `closed: ${closed.kind}` : `${requests.rate.toFixed(2)} a second`,
  ].join(', ');

const eventsText = (events: readonly SignalboxEvent[]): string =>
  events
    .map(
      ({ type, subject = '', run, fence }) =>
        `${type.replace('signalbox.', '')} ${short(run)}/${subject}#${fence}`,
    )
    .join(', ');

const answerText = ({ message, answer, isTaken }: Fact & { readonly kind: 'answered' }): string =>
  `answers ${short(message.run.id)}/${message.step.path} attempt ${message.step.attempt.retry}: ${answer.kind === 'failed' ? answer.error : 'succeeded'}${isTaken ? '' : ' (too late)'}`;

function stepText(before: StepRecord | null, after: StepRecord): string {
  const { fence, attempt, starts, deferral } = after;
  const outcome = after.outcomes[before?.outcomes.length ?? 0];
  if (outcome) return `ends ${resultText(outcome)}, fence ${fence}`;
  if (deferral?.fence === fence && before?.deferral?.seq !== deferral.seq) {
    return `is deferred for the ${deferral.seq}. time, fence ${fence}`;
  }
  if (before?.fence === fence) return `is held on, fence ${fence}`;
  return `is taken, attempt ${attempt.gen}.${attempt.retry}, start ${starts}, fence ${fence}`;
}

const resultText = ({ result }: StepOutcome): string =>
  result.status === 'succeeded' ? result.status : `${result.status} ${result.failure.code}`;

function messageText(body: string): string {
  const { run, step, deferSeq, detail } = jsonIn(body) ?? {};
  if (detail) return `the change of ${detail.name} to ${detail.status}`;
  if (!step?.attempt) return body.slice(0, 60);
  const copy = deferSeq ? `, copy ${deferSeq}` : '';
  return `the message of ${short(run.id)}/${step.path} attempt ${step.attempt.retry}${copy}`;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever a message may hold, garbage included
function jsonIn(body: string): any {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
