/**
 * The ledger's items: where a record lives and what may be written there.
 *
 * Boundary: keys and checks; how items are stored is the adapter's business.
 * Invariants
 * I1. Two records never share a key: paths hold no `#`, so a call's key splits in one way only.
 * I2. `rev` counts the writes of a record, from 1, without a gap.
 */
import { SignalboxError } from '../contracts/errors.ts';
import type { StepRecord } from '../contracts/ledger.ts';
import { boundedJson, RECORD_MAX_BYTES, TooLargeError } from './limits.ts';

/** A write whose `rev` does not follow the `rev` that it expects to find: a mistake of the caller. */
export class RevisionError extends SignalboxError {
  override readonly name = 'RevisionError';
  readonly code = 'REVISION_INVALID';
}

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** DynamoDB's limits for the two parts of a key, in bytes. */
const PARTITION_KEY_MAX_BYTES = 2048;
const SORT_KEY_MAX_BYTES = 1024;

/** @throws TooLargeError */
export const runKey = (run: string): ItemKey =>
  checkedKey(`the run "${run}"`, { pk: run, sk: 'run' });

/** @throws TooLargeError */
export const budgetKey = (run: string): ItemKey =>
  checkedKey(`the budget of run "${run}"`, { pk: run, sk: 'budget' });

/** @throws TooLargeError */
export const waitsKey = (run: string): ItemKey =>
  checkedKey(`the waits of run "${run}"`, { pk: run, sk: 'waits' });

/** @throws TooLargeError */
export const reactionsKey = (run: string): ItemKey =>
  checkedKey(`the reactions of run "${run}"`, { pk: run, sk: 'reactions' });

/** @throws TooLargeError */
export const inboxKey = ({ run, id }: { run: string; id: string }): ItemKey =>
  checkedKey(`the event "${id}" of run "${run}"`, { pk: run, sk: `inbox#${id}` });

/** @throws TooLargeError */
export const stepKey = ({ run, path }: { run: string; path: string }): ItemKey =>
  checkedKey(`the step "${path}"`, { pk: run, sk: `step#${path}` });

/** @throws TooLargeError when path and call make a key that DynamoDB refuses. */
export const callKey = ({ run, path, call }: { run: string; path: string; call: string }) =>
  checkedKey(`call "${call}" at "${path}"`, { pk: run, sk: `call#${path}#${call}` });

/** The key, if DynamoDB takes it: in reads, too, where it refuses the whole batch for one. */
function checkedKey(what: string, key: ItemKey): ItemKey {
  const limits = [
    [key.pk, PARTITION_KEY_MAX_BYTES],
    [key.sk, SORT_KEY_MAX_BYTES],
  ] as const;
  for (const [part, maxBytes] of limits) {
    const bytes = Buffer.byteLength(part);
    if (bytes > 0 && bytes <= maxBytes) continue;
    throw new TooLargeError(
      `the key of ${what.slice(0, 200)} is ${bytes} bytes; allowed: 1 to ${maxBytes}. Shorten the name.`,
    );
  }
  return key;
}

export const deadLetterKey = (id: string): ItemKey => ({
  pk: `dead-letter#${id}`,
  sk: 'dead-letter',
});

/** Where a tenant's letters are listed, in the order of their parking. */
export const deadLetterListKey = (tenant: string, place: string): ItemKey => ({
  pk: `dead-letters#${tenant}`,
  sk: place,
});

/**
 * The text that is stored for a record.
 * @throws RevisionError, NotJsonError, TooLargeError
 */
export function recordText(
  { sk }: ItemKey,
  record: { readonly rev: number },
  expectedRev: number | null,
): string {
  const next = (expectedRev ?? 0) + 1;
  if (record.rev !== next) {
    throw new RevisionError(
      `the record "${sk}" has rev ${record.rev} and expects to replace rev ${expectedRev}; allowed: rev ${next}`,
    );
  }
  return boundedJson(`the record "${sk}"`, record, RECORD_MAX_BYTES);
}

/** The fence of the newest claim that has ended, with an outcome or a deferral; 0 when there is none: calls of that fence are over. */
export const endedFence = ({ outcomes, deferral }: Pick<StepRecord, 'outcomes' | 'deferral'>) =>
  Math.max(outcomes.at(-1)?.fence ?? 0, deferral?.fence ?? 0);
