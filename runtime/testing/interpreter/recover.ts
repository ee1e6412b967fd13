import type { Catcher, RecoverableState } from '../asl.ts';
import { nextRetry } from './retry.ts';
import { matches, StateError } from './state-error.ts';
import { bindingsOf, type Departure, depart, type Visit } from './visit.ts';

/**
 * Runs attempts of a state until one succeeds or no retrier is left, then asks its catchers.
 * @param attempt one attempt, from its arguments to its output; `retryCount` is 0 for the first
 * @throws StateError when nothing catches it; anything else at once
 */
export async function withRecovery(
  visit: Visit,
  state: RecoverableState,
  attempt: (retryCount: number) => Promise<Departure>,
): Promise<Departure> {
  const { Retry = [], Catch = [] } = state;
  const { time, random, signal, meter } = visit.world;
  const used = Retry.map(() => 0);
  for (let retryCount = 0; ; retryCount += 1) {
    try {
      return await attempt(retryCount);
    } catch (error) {
      if (!(error instanceof StateError)) throw error;
      const retry = nextRetry(Retry, used, error.error, random);
      if (!retry) return await caught(visit, Catch, error, retryCount);
      used[retry.index] = (used[retry.index] ?? 0) + 1;
      meter.transitions += 1;
      await time.sleep(retry.delayMs, signal);
      signal.throwIfAborted();
    }
  }
}

function caught(
  visit: Visit,
  catchers: readonly Catcher[],
  error: StateError,
  retryCount: number,
): Promise<Departure> {
  const catcher = catchers.find(({ ErrorEquals }) => matches(ErrorEquals, error.error));
  if (!catcher) throw error;
  const errorOutput = { Error: error.error, Cause: error.cause };
  const bindings = bindingsOf(visit, { states: { errorOutput }, retryCount });
  return depart(catcher, bindings, errorOutput, catcher.Next);
}
