/**
 * What earlier holders of a step have recorded, of their start and their calls, and may not have come
 * to tell (R4).
 *
 * Boundary: pure; the caller lists the calls once no earlier holder can write any more.
 * Invariants
 * Y1. Every claim without an end may have left such events, whichever attempt it was for; an outcome
 *     leaves none, so only fences behind the newest one count. A deferral leaves what is recorded with
 *     it, until the copy comes: that one was sent when they were told.
 * Y2. Telling an event again changes nothing: it has the same id and content.
 * Y3. An outcome's own events are told before its answer (answer.ts); but a generation can be followed
 *     before it has answered, and then its message may find a success and tell only that. So the ends of
 *     former generations are told, too (K2).
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord, StepRecord } from '../contracts/ledger.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { isEnded, untoldBefore } from './claim-step.ts';
import { endedFence } from './ledger-item.ts';

/** True of a step whose earlier holders may have left events untold. */
export const hasUntold = (record: StepRecord | null, message: TaskMessage): record is StepRecord =>
  record !== null && (!isEnded(record) || untoldBefore(record, message).length > 0);

/**
 * Each event once.
 * @param record the step as it was before the claim of who asks
 * @param message the one that asks
 */
export function untoldEvents(
  record: StepRecord,
  calls: readonly CallRecord[],
  message: TaskMessage,
): readonly SignalboxEvent[] {
  const isUntold = ({ fence }: SignalboxEvent): boolean =>
    fence > endedFence(record) && fence <= record.fence;
  const untold = untoldBefore(record, message);
  const events = [...untold, ...calls.flatMap((call) => call.events.filter(isUntold))];
  return [...new Map(events.map((event) => [event.id, event])).values()];
}
