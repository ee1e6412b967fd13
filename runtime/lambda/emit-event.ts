import { attemptOf } from '../contracts/task-message.ts';
import { attemptText } from '../core/attempt.ts';
import { checkEventData } from '../core/check-value.ts';
import { emitCall } from '../core/emit-call.ts';
import { newEvent } from '../core/event.ts';
import { stepScope } from '../core/step-events.ts';
import type { Attempt } from './attempt.ts';

/**
 * Publishes a domain event: recorded first, so that the next holder of this attempt publishes the same
 * one again, not a second one (R4). A new attempt emits anew.
 */
export async function emitEvent(attempt: Attempt, type: string, data: unknown): Promise<void> {
  const { contract, message, fence, system } = attempt.parts;
  const ordinal = attempt.nextEmission(type);
  const clean = await checkEventData(contract.events ?? {}, type, data);
  const id = attemptOf(message);
  const call = emitCall({ type, ordinal, gen: id.gen, attempt: attemptText(id) });
  if (await attempt.readCall(call)) return;
  const fact = { type, ordinal, data: clean, atMs: system.now() };
  const event = newEvent(stepScope(message, fence), fact);
  await attempt.writeCall({ call, state: 'succeeded', events: [event] }, null);
}
