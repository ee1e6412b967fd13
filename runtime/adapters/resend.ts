import { ThrottledError } from '#runtime/contracts/errors.ts';
import { type Backoff, backoffMs, fractionOf } from '#runtime/core/backoff.ts';
import type { System } from '#runtime/ports.ts';

/** Errors by which AWS services say "not now" about a whole call. */
const BUSY = new Set([
  'ProvisionedThroughputExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'KMSThrottlingException',
  'TransactionConflictException',
  'TransactionInProgressException',
]);

/** True for an error that says "not now": nothing was done, and the same call may be made again. */
export const isBusy = (error: unknown): boolean => error instanceof Error && BUSY.has(error.name);

/**
 * Hands `items` to `send`, which resolves with those that were not taken; these are handed over again
 * after a wait, until none is left. A `send` that throws a busy error has taken none.
 * @throws ThrottledError when some are left after the last try; whatever else `send` throws.
 */
export async function sendUntilTaken<T>(
  options: { readonly system: System; readonly backoff: Backoff; readonly what: string },
  items: readonly T[],
  send: (items: readonly T[]) => Promise<readonly T[]>,
): Promise<void> {
  const { system, backoff, what } = options;
  let left = items;
  let cause: unknown;
  for (let tries = 1; left.length > 0; tries += 1) {
    try {
      left = await send(left);
    } catch (error) {
      if (!isBusy(error)) throw error;
      cause = error;
    }
    if (left.length === 0) return;
    if (tries >= backoff.attempts) {
      throw new ThrottledError(
        `${what}: ${left.length} of ${items.length} were refused ${tries} times. The service is over its throughput; try again later.`,
        { cause },
      );
    }
    await system.sleep(backoffMs(backoff, tries, fractionOf(system.randomId())));
  }
}

/**
 * Makes a call again while the service is busy.
 * @throws ThrottledError when it still is at the last try; whatever else `call` throws.
 */
export async function retryBusy<T>(
  options: { readonly system: System; readonly backoff: Backoff; readonly what: string },
  call: () => Promise<T>,
): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  await sendUntilTaken(options, [call], async () => {
    resolve(await call());
    return [];
  });
  return promise;
}
