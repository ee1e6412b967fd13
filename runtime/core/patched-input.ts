import type { RunRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';

/**
 * The message with the input that somebody has put in place of the workflow's, if the run's own record
 * has one for its path. Whatever looks at the input, its hash included, looks at this one.
 */
export function withPatchedInput(message: TaskMessage, run: RunRecord | null): TaskMessage {
  const { path } = message.step;
  if (run?.run !== message.run.id || !run.patches || !Object.hasOwn(run.patches, path)) {
    return message;
  }
  return { ...message, input: run.patches[path] };
}
