/**
 * Works on many things at a bounded rate.
 *
 * Invariants
 * P1. Two begin no sooner after each other than the rate says, also after a time in which none could.
 * P2. No more than `atOnce` are under way: whoever holds them back slows all of it down.
 * P3. After the signal nothing begins; what is under way comes to its end first.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pace {
  readonly perSecond: number;
  readonly atOnce: number;
  readonly signal: AbortSignal;
}

/** @param work throws nothing; it tells of failures in a way of its own */
export async function paced<T>(
  things: readonly T[],
  { perSecond, atOnce, signal }: Pace,
  work: (thing: T) => Promise<void>,
): Promise<void> {
  const left = things.values();
  let freeAtMs = performance.now();
  const turn = async (): Promise<void> => {
    const now = performance.now();
    const atMs = Math.max(now, freeAtMs);
    freeAtMs = atMs + 1000 / perSecond;
    if (atMs > now)
      await sleep(Math.ceil(atMs - now), undefined, { signal }).catch(() => undefined);
  };
  const lane = async (): Promise<void> => {
    for (;;) {
      const { value, done } = left.next();
      if (done) return;
      await turn();
      if (signal.aborted) return;
      await work(value);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, things.length) }, lane));
}
