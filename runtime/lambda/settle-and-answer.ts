import type { Failure } from '../contracts/errors.ts';
import type { StepRecord, StepResult } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { fenceOff, settleUnstarted } from '../core/settle-step.ts';
import type { StepState } from '../core/step.ts';
import { hasUntold, untoldEvents } from '../core/untold-events.ts';
import { answerRecorded, refuseMessage } from './answer.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import type { Performed } from './performed.ts';
import { readPartial } from './read-partial.ts';

/**
 * Ends a step without running it, and answers. What its lost holder has recorded is told before (R4).
 * @param reusedFrom the run whose result it is, when it is another's
 */
export async function settleAndAnswer(
  ports: FinishPorts,
  state: StepState,
  result: StepResult,
  reusedFrom?: string,
): Promise<Performed> {
  const { message } = state;
  let { record } = state;
  if (hasUntold(record, message)) {
    const fenced = fenceOff({ ...state, record });
    const put = await ports.steps.put({ record: fenced, expectedRev: record.rev });
    if (put.kind === 'conflict') return put;
    await tellUntold(ports, record, message);
    record = fenced;
  }
  const mayHaveShown = record !== null && result.status !== 'succeeded';
  const partial = mayHaveShown ? await readPartial(ports.calls, message) : null;
  const end = { reusedFrom, partial };
  const { record: settled, outcome } = settleUnstarted({ ...state, record }, result, end);
  const put = await ports.steps.put({ record: settled, expectedRev: record?.rev ?? null });
  return put.kind === 'conflict' ? put : answerRecorded(ports, message, outcome);
}

/**
 * Answers a message that the record of its step has no place for. The record stays as it is; but what
 * its lost holder has recorded may have nobody else who tells it (R4).
 */
export async function refuseAndTell(
  ports: FinishPorts,
  { record, message }: StepState,
  failure: Failure,
): Promise<Verdict> {
  if (hasUntold(record, message)) await tellUntold(ports, record, message);
  return refuseMessage(ports, message, failure);
}

const tellUntold = async (
  { events, calls }: FinishPorts,
  record: StepRecord,
  message: TaskMessage,
): Promise<void> => events.append(untoldEvents(record, await calls.list(record), message));
