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
class RevisionError extends SignalboxError {
  override readonly name = 'RevisionError';
  readonly code = 'REVISION_INVALID';
}

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

/** DynamoDB's limit for a sort key, in bytes. */
const SORT_KEY_MAX_BYTES = 1024;

export const runKey = (run: string): ItemKey => ({ pk: run, sk: 'run' });

export const stepKey = ({ run, path }: { run: string; path: string }): ItemKey => ({
  pk: run,
  sk: `step#${path}`,
});

/** @throws TooLargeError when path and call make a key that DynamoDB refuses. */
export function callKey(key: { run: string; path: string; call: string }): ItemKey {
  const sk = `call#${key.path}#${key.call}`;
  const bytes = Buffer.byteLength(sk);
  if (bytes > SORT_KEY_MAX_BYTES) {
    throw new TooLargeError(
      `the key of call "${key.call}" at "${key.path}" is ${bytes} bytes; allowed: ${SORT_KEY_MAX_BYTES}. Shorten the name of the call.`,
    );
  }
  return { pk: key.run, sk };
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
