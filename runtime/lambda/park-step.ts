import type { DeadLetter } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { attemptNumber } from '../core/attempt.ts';
import { spentTokens } from '../core/spent-tokens.ts';
import type { FinishPorts } from './door-ports.ts';

/** Parks the letter of a step, with what it took until the step was given up. */
export async function parkStep(
  { steps, calls, deadLetters, telemetry }: FinishPorts,
  { run, step }: TaskMessage,
  letter: DeadLetter,
): Promise<void> {
  const key = { run: run.id, path: step.path };
  const [found, made] = await Promise.all([
    steps.read({ steps: [key], runs: [] }),
    calls.list(key),
  ]);
  const record = found.steps[0];
  await deadLetters.park({
    ...letter,
    ...(record && {
      attempts: attemptNumber(record.outcomes, record.attempt),
      starts: record.starts,
    }),
    tokens: spentTokens(made),
  });
  telemetry.count('MessagesParked');
}
