import type { System } from '../../ports.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1000;

/** What was found, and whether it is worth the caller's while. */
export interface Asked<T> {
  readonly value: T;
  readonly isEnough: boolean;
}

/**
 * Asks at growing pauses until the answer is enough, for the last time at `untilMs`; gives the last answer.
 * @param ask is told whether it is asked for the last time
 */
export async function poll<T>(
  system: Pick<System, 'now' | 'sleep'>,
  untilMs: number,
  ask: (isLast: boolean) => Promise<Asked<T>>,
): Promise<T> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const leftMs = untilMs - system.now();
    const { value, isEnough } = await ask(leftMs <= 0);
    if (isEnough || leftMs <= 0) return value;
    await system.sleep(Math.min(pauseMs, leftMs));
  }
}
