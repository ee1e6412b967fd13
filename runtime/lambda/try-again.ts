import type { StepOutcome } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { copyDelaySeconds } from '../core/defer-step.ts';
import { nextAttempt } from '../core/next-attempt.ts';
import { jsonBody } from '../core/queue-message.ts';
import type { FinishPorts } from './door-ports.ts';
import { logFields } from './telemetry.ts';

/**
 * Sends the attempt that follows a reaction's recorded one, if one does. Whoever finds the outcome
 * again sends it again, with the same body: of an attempt's messages one is worked on (core/next-attempt.ts).
 */
export async function tryAgain(
  { queue, system, telemetry }: FinishPorts,
  message: TaskMessage,
  outcome: StepOutcome,
): Promise<void> {
  const next = nextAttempt(message, outcome);
  if (next === null) return;
  await queue.send({
    body: jsonBody(next.message),
    delaySeconds: copyDelaySeconds(next.dueAtMs, system.now()),
    group: message.run.tenant,
  });
  telemetry.log('info', 'the reaction is tried again', {
    ...logFields(message),
    dueAt: next.message.step.enteredAt,
  });
}
