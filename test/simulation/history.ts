/** The facts as people read them, one line each. */
import type { StepRecord } from '#runtime/contracts/ledger.ts';
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
      return `${fact.after.run.slice(0, 5)}/${fact.after.path} ${stepText(fact.before, fact.after)}`;
    case 'call-written':
      return `${fact.after.run.slice(0, 5)}/${fact.after.path} records call ${fact.after.call} ${fact.after.state}, fence ${fact.after.fence}`;
    case 'run-written': {
      const { run, gen, progress, stop, end } = fact.after;
      return `run ${run.slice(0, 5)}, generation ${gen}: ${progress}${stop ? ', to stop' : ''}${end ? `, ended ${end.status}` : ''}`;
    }
    case 'parked':
      return `parks ${fact.letter.code}: ${fact.letter.cause.slice(0, 100)}`;
    case 'appended':
    case 'kept':
      return `${fact.kind === 'kept' ? 'to the outbox' : 'to the stream'}: ${fact.events.map(({ type, subject = '', run, fence }) => `${type.replace('signalbox.', '')} ${run.slice(0, 5)}/${subject}#${fence}`).join(', ')}`;
    case 'answered':
      return `answers ${fact.message.run.id.slice(0, 5)}/${fact.message.step.path} attempt ${fact.message.step.attempt.retry}: ${fact.answer.kind === 'failed' ? fact.answer.error : 'succeeded'}${fact.isTaken ? '' : ' (too late)'}`;
    case 'acked':
      return `acknowledged ${fact.body.slice(0, 0)}${messageText(fact.body)}${fact.isOwed ? ' ALTHOUGH IT IS OWED' : ''}`;
    case 'buried':
      return `gives up ${messageText(fact.body)}`;
    case 'attempt-began':
      return `the agent of ${fact.run.slice(0, 5)}/${fact.path} begins, after ${fact.errors.join(', ') || 'no failure'}`;
    case 'call-began':
      return `the agent of ${fact.run.slice(0, 5)}/${fact.path} begins ${fact.call} (${fact.serial})`;
    case 'replied':
      return `the agent of ${fact.run.slice(0, 5)}/${fact.path} has the reply of ${fact.call} (${fact.serial})`;
    case 'performed':
      return `performs ${fact.name} of ${fact.run.slice(0, 5)}/${fact.path}${fact.isFirst ? '' : ' again'}`;
    case 'execution':
      return `execution ${fact.name.slice(0, 5)}…${fact.name.slice(26)} ${fact.status}${fact.error === undefined ? '' : ` ${fact.error}`}`;
    case 'requested':
      return `${fact.method} ${fact.path} → ${fact.status}`;
    case 'noted':
      return fact.text;
  }
}

function stepText(before: StepRecord | null, after: StepRecord): string {
  const outcome = after.outcomes[before?.outcomes.length ?? 0];
  const what = outcome
    ? `ends ${outcome.result.status}${outcome.result.status === 'succeeded' ? '' : ` ${outcome.result.failure.code}`}`
    : after.deferral &&
        after.deferral.fence === after.fence &&
        before?.deferral?.seq !== after.deferral.seq
      ? `is deferred (${after.deferral.seq})`
      : before?.fence === after.fence
        ? 'is held on'
        : `is taken, attempt ${after.attempt.retry}, start ${after.starts}`;
  return `${what}, fence ${after.fence}`;
}

function messageText(body: string): string {
  try {
    const { run, step, deferSeq } = JSON.parse(body);
    if (!step) return body.slice(0, 120);
    return `the message of ${run.id.slice(0, 5)}/${step.path} attempt ${step.attempt.retry}${deferSeq ? `, copy ${deferSeq}` : ''}`;
  } catch {
    return body.slice(0, 60);
  }
}
