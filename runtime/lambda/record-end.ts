import type { SignalboxEvent } from '../contracts/event.ts';
import type { StepOutcome, StepResult } from '../contracts/ledger.ts';
import { failed, failureOf } from '../core/failure.ts';
import { TooLargeError } from '../core/limits.ts';
import { canBeOwed } from '../core/outcome-size.ts';
import type { EventLog } from '../ports.ts';
import type { HeldStep } from './held-step.ts';

/** How an attempt ended. */
interface End {
  readonly result: StepResult;
  /** Events that the stream has not confirmed. */
  readonly unconfirmed: readonly SignalboxEvent[];
  /** The outcome of a result, with the event of the end and no other. */
  readonly outcomeOf: (result: StepResult) => StepOutcome;
}

/**
 * Records how an attempt ended, together with what is still to be told. What does not fit into one
 * record is told before, so that it need not be in it (R4); an output that does not fit fails the step,
 * once: another run would end the same way.
 * @returns the outcome that counts, as `HeldStep.settle`
 */
export async function recordEnd(
  { events }: { readonly events: EventLog },
  held: HeldStep,
  { result, unconfirmed, outcomeOf }: End,
): Promise<StepOutcome | 'lost'> {
  const outcome = outcomeOf(result);
  const whole = { ...outcome, events: [...unconfirmed, ...outcome.events] };
  if (canBeOwed(whole.events)) {
    const first = await held.settle(whole).catch(orTooLarge);
    if (!(first instanceof TooLargeError)) return first;
  }
  await events.append(unconfirmed);
  const second = await held.settle(outcome).catch(orTooLarge);
  if (!(second instanceof TooLargeError)) return second;
  return held.settle(outcomeOf(failed(failureOf(second))));
}

function orTooLarge(error: unknown): TooLargeError {
  if (error instanceof TooLargeError) return error;
  throw error;
}
