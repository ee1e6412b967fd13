/**
 * The door in finish-only mode: a task message that its queue has given up ends here, without being run.
 *
 * The decision is pure (core/finish-only.ts). This file performs it, and asks again with what it finds
 * when another worker was faster.
 */
import type { TaskMessage } from '../contracts/task-message.ts';
import { decideFinish, type FinishDecision } from '../core/finish-only.ts';
import { hash } from '../core/hash.ts';
import { withPatchedInput } from '../core/patched-input.ts';
import type { StepState } from '../core/step.ts';
import { answerOutcome } from './answer.ts';
import type { Verdict } from './delivery.ts';
import type { FinishPorts } from './door-ports.ts';
import { type Performed, untilEnded } from './performed.ts';
import { refuseAndTell, settleAndAnswer } from './settle-and-answer.ts';
import { logFields } from './telemetry.ts';

/** What a step that was never claimed has instead: no contract is at hand here. */
const NO_VERSION = 0;

export async function finishMessage(ports: FinishPorts, received: TaskMessage): Promise<Verdict> {
  const { run, step } = received;
  const found = await ports.steps.read({
    steps: [{ run: run.id, path: step.path }],
    runs: [run.root],
  });
  const control = found.runs[0] ?? null;
  const message = withPatchedInput(received, control);
  const inputHash = hash(message.input);
  return untilEnded(message, found.steps[0] ?? null, (record) => {
    const state: StepState = {
      record,
      run: control,
      message,
      inputHash,
      contractVersion: record?.contractVersion ?? NO_VERSION,
      nowMs: ports.system.now(),
    };
    return perform(ports, state, decideFinish(state));
  });
}

async function perform(
  ports: FinishPorts,
  state: StepState,
  decision: FinishDecision,
): Promise<Performed> {
  const { message } = state;
  switch (decision.kind) {
    case 'ack':
      ports.telemetry.log('info', 'a given-up message has nothing left to do', logFields(message));
      return 'done';
    case 'answer':
      return answerOutcome(ports, message, decision.outcome);
    case 'refuse':
      return refuseAndTell(ports, state, decision.failure);
    case 'settle':
      return settleAndAnswer(ports, state, decision.result);
    case 'later':
      // What may not have been told of a deferral is told before its copy can come (R4).
      if (decision.untold.length > 0) await ports.events.append(decision.untold);
      return 'later';
  }
}
