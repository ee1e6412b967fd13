import { DELAY_MAX_SECONDS } from './queue-message.ts';

/** Whole seconds that a queue holds a timer back: never less than it has to wait, but for what is further ahead than a queue can hold. */
export const timerDelaySeconds = (dueAtMs: number, nowMs: number): number =>
  Math.min(DELAY_MAX_SECONDS, Math.max(0, Math.ceil((dueAtMs - nowMs) / 1000)));
