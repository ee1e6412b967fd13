/**
 * The order in which the messages of a batch are started.
 *
 * Boundary: pure; what is on record about a message's step is read by the caller.
 * Invariants
 * B1. A message is suspect when this very attempt was started and no end of that start is on record:
 *     only a claimed step can have killed its worker. How often a message was received says nothing:
 *     throttled invocations and failed reads count there, too.
 * B2. A suspect is started while no other message is in flight, after the others, so that it cannot
 *     take them down again (R8).
 * B3. A suspect that was passed over goes first: under a backlog the others would leave it no time
 *     until its queue gives it up.
 */
import type { StepRecord } from '../contracts/ledger.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { isEnded } from './claim-step.ts';

/** So often a suspect may come back unstarted before it goes first. */
const PASSED_OVER = 3;

/** How often this attempt was started without an end on record (B1). */
export const lostStarts = (record: StepRecord | null, message: TaskMessage): number =>
  record !== null && compareAttempts(record.attempt, attemptOf(message)) === 0 && !isEnded(record)
    ? record.starts
    : 0;

/**
 * Groups to be worked on one after the other; the messages of one group at the same time.
 * @param lostStartsOf how often the message was started without an end
 */
export function startOrder<M extends { readonly receiveCount: number }>(
  messages: readonly M[],
  lostStartsOf: (message: M) => number,
): readonly (readonly M[])[] {
  const suspects = messages.filter((message) => lostStartsOf(message) > 0);
  const isPassedOver = (message: M): boolean =>
    message.receiveCount > lostStartsOf(message) + PASSED_OVER;
  const first = suspects.filter(isPassedOver).sort((a, b) => b.receiveCount - a.receiveCount);
  const fresh = messages.filter((message) => lostStartsOf(message) === 0);
  const last = suspects.filter((message) => !isPassedOver(message));
  const alone = (message: M): readonly M[] => [message];
  return [...first.map(alone), ...(fresh.length > 0 ? [fresh] : []), ...last.map(alone)];
}
