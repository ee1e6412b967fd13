import { ContentionError } from '../attempt-errors.ts';

/** Every lost race means that somebody else has changed the run; more rounds mean that nobody gets on. */
const MAX_ROUNDS = 10;

/** Tries again while somebody else was faster: `change` gives `null` then. */
export async function whileRecordChanges<T>(
  run: string,
  change: () => Promise<T | null>,
): Promise<T> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const done = await change();
    if (done !== null) return done;
  }
  throw new ContentionError(`the record of run ${run} changed under ${MAX_ROUNDS} decisions`);
}
