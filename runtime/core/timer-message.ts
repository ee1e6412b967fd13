import type { QueueMessage, Timers } from '../ports.ts';
import { DELAY_MAX_SECONDS } from './queue-message.ts';

/** Timers are nobody's more than another's: they share one group. */
const GROUP = 'timers';

/**
 * The message of a timer: held back for as long as it has to wait, in whole seconds, or for as long as a
 * queue holds anything back. Then it comes early, and is put again.
 */
export const timerMessage = (
  { body, dueAtMs }: Parameters<Timers['put']>[0],
  nowMs: number,
): QueueMessage => ({
  body,
  delaySeconds: Math.min(DELAY_MAX_SECONDS, Math.max(0, Math.ceil((dueAtMs - nowMs) / 1000))),
  group: GROUP,
});
