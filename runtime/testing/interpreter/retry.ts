import type { Retrier } from '../asl.ts';
import { matches } from './state-error.ts';

/**
 * The wait before the next attempt, in milliseconds, and the retrier that pays for it; `null` when
 * no retrier is for the error or the first that is has been used up (later ones are not asked).
 * @param used how often each retrier was used in this state so far, by its place in the list
 * @param random in [0, 1); spreads the wait when the retrier says FULL
 */
export function nextRetry(
  retriers: readonly Retrier[],
  used: readonly number[],
  error: string,
  random: () => number,
): { readonly index: number; readonly delayMs: number } | null {
  const index = retriers.findIndex(({ ErrorEquals }) => matches(ErrorEquals, error));
  const retrier = retriers[index];
  const times = used[index] ?? 0;
  if (!retrier || times >= (retrier.MaxAttempts ?? 3)) return null;
  const {
    IntervalSeconds = 1,
    BackoffRate = 2,
    MaxDelaySeconds = Number.POSITIVE_INFINITY,
  } = retrier;
  const longestMs = Math.min(IntervalSeconds * BackoffRate ** times, MaxDelaySeconds) * 1000;
  const delayMs = retrier.JitterStrategy === 'FULL' ? longestMs * random() : longestMs;
  return { index, delayMs };
}
