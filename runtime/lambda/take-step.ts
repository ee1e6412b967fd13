import { TerminalError } from '../contracts/errors.ts';
import type { StepRecord } from '../contracts/ledger.ts';
import { failed, failureOf } from '../core/failure.ts';
import type { StepState } from '../core/step.ts';
import type { Delivery, Door } from './delivery.ts';
import type { Performed } from './performed.ts';
import { payloadOwner, RunPayloads } from './run-payloads.ts';
import { settleAndAnswer } from './settle-and-answer.ts';
import { workOnStep } from './work-on-step.ts';

/**
 * Takes a step and works on it. Its input is made whole before the claim: a store of payloads that
 * gives no answer costs no start, and a part that is gone ends the step at once.
 * @param record the claim
 */
export async function takeStep(
  door: Door,
  delivery: Delivery,
  state: StepState,
  record: StepRecord,
): Promise<Performed> {
  const { message, run } = state;
  const payloads = new RunPayloads(door.ports.payloads, payloadOwner(message, run));
  const input = await payloads.resolve(message.input).catch(orTerminal);
  if (input instanceof TerminalError) {
    return settleAndAnswer(door.ports, state, failed(failureOf(input)));
  }
  const expectedRev = state.record?.rev ?? null;
  const put = await door.ports.steps.put({ record, expectedRev });
  return put.kind === 'conflict'
    ? put
    : workOnStep(door, delivery, state, { record, input, payloads });
}

function orTerminal(error: unknown): TerminalError {
  if (error instanceof TerminalError) return error;
  throw error;
}
