import type { SignalboxEvent } from '../contracts/event.ts';
import { type Backoff, backoffMs, fractionOf } from '../core/backoff.ts';
import { isDependencyFailure } from '../core/consume/failure.ts';
import type { System } from '../ports.ts';
import type { Consumer } from './consume-events.ts';

/** A dependency that fails is asked again before a failure is told: two waits, 2 s together at most. */
const BACKOFF: Backoff = { attempts: 3, baseMs: 700, capMs: 1300 };

/**
 * Hands events of one run to a consumer; where something that it needs is away, again after a while.
 * @returns why they could not be handled, `null` when they were. Never rejects.
 */
export async function handOver(
  { system }: { readonly system: Pick<System, 'randomId' | 'sleep'> },
  { handle }: Pick<Consumer, 'handle'>,
  events: readonly SignalboxEvent[],
): Promise<{ readonly error: unknown } | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      await handle(events, {});
      return null;
    } catch (error) {
      if (!isDependencyFailure(error) || tries >= BACKOFF.attempts) return { error };
      await system.sleep(backoffMs(BACKOFF, tries, fractionOf(system.randomId())));
    }
  }
}
