/**
 * Starts a run although the line is full: waits until it is its turn, and comes back with its place.
 *
 * Invariants
 * T1. What is sent again is the same request, its key among it: a place that is redeemed twice makes one run.
 * T2. No longer is waited than the caller has patience for, and a wait that would end later is not begun.
 */
import { PLACE_HEADER } from '../contracts/admission.ts';
import type { Overload } from '../contracts/api.ts';
import { ProblemError } from './errors.ts';

export interface Turn {
  readonly patienceSeconds: number;
  /** Told before each wait. */
  readonly onFull: ((overload: Overload) => void) | undefined;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * @param send sends the request, with these headers besides its own
 * @throws ProblemError with the last refusal when the caller's patience is not enough
 */
export async function takeTurn<T>(
  { patienceSeconds, onFull, sleep }: Turn,
  send: (headers: Readonly<Record<string, string>>) => Promise<T>,
): Promise<T> {
  let leftSeconds = patienceSeconds;
  let headers: Readonly<Record<string, string>> = {};
  for (;;) {
    try {
      return await send(headers);
    } catch (error) {
      const overload = overloadOf(error);
      if (!overload || overload.retryAfterSeconds > leftSeconds) throw error;
      const { place, retryAfterSeconds } = overload;
      onFull?.(overload);
      await sleep(retryAfterSeconds * 1000);
      leftSeconds -= retryAfterSeconds;
      headers = place === undefined ? {} : { [PLACE_HEADER]: place };
    }
  }
}

const overloadOf = (error: unknown): Overload | undefined =>
  error instanceof ProblemError ? error.problem.overload : undefined;
