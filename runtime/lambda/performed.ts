import type { StepRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { ContentionError } from './attempt-errors.ts';
import type { Verdict } from './delivery.ts';

/** What became of a decision: an end, or the record that another worker wrote meanwhile. */
export type Performed = Verdict | { readonly current: StepRecord | null };

/** Every lost race means that another worker got on; more rounds mean that nobody does. */
const MAX_ROUNDS = 10;

/**
 * Decides and performs until there is an end, each time with what was found when another worker was
 * faster.
 * @throws ContentionError
 */
export async function untilEnded(
  { run, step }: TaskMessage,
  found: StepRecord | null,
  decideAndPerform: (record: StepRecord | null) => Promise<Performed>,
): Promise<Verdict> {
  let record = found;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const performed = await decideAndPerform(record);
    if (typeof performed === 'string' || 'seconds' in performed) return performed;
    record = performed.current;
  }
  throw new ContentionError(
    `the step "${step.path}" of run ${run.id} changed under ${MAX_ROUNDS} decisions`,
  );
}
