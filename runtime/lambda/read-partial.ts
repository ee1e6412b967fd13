import type { PartialOutput } from '../contracts/ledger.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { partialCall, recordedPartial } from '../core/partial-output.ts';
import type { CallLedger } from '../ports.ts';

/** What earlier holders of the message's attempt have recorded to show; complete once none can write any more. */
export async function readPartial(
  calls: CallLedger,
  message: TaskMessage,
): Promise<PartialOutput | null> {
  const { run, step } = message;
  const call = partialCall(attemptOf(message));
  return recordedPartial(await calls.read({ run: run.id, path: step.path, call }));
}
