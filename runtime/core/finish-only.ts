/**
 * Decides what becomes of a task message that its queue has given up.
 *
 * Job: the decision of the door, in a mode that starts nothing: what is on record is answered, what
 * nobody works on ends as a dead letter.
 * Boundary: pure, as `core/step.ts`, whose decisions it only reads differently.
 *
 * Invariants
 * L1. Nothing is run: a claim becomes the end DEAD_LETTERED. So does a copy that the ledger owes, once
 *     it is overdue: its message was given up.
 * L2. A step that somebody holds, or that goes on later by itself, is not taken from them: the letter
 *     comes back until that is over, and finds what became of it.
 * L3. An answer on record, a fence and a newer attempt mean here what they mean at the door.
 */
import type { Failure } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { StepOutcome, StepResult } from '../contracts/ledger.ts';
import { attemptOf } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { failed, failure } from './failure.ts';
import { decideStep, type StepState } from './step.ts';

/** As the door's; what it would start or wait for is decided otherwise. */
export type FinishDecision =
  | { readonly kind: 'ack' }
  | { readonly kind: 'answer'; readonly outcome: StepOutcome }
  | { readonly kind: 'refuse'; readonly failure: Failure }
  | { readonly kind: 'settle'; readonly result: StepResult }
  /** Tell these events, and come back. */
  | { readonly kind: 'later'; readonly untold: readonly SignalboxEvent[] };

export function decideFinish(state: StepState): FinishDecision {
  const decision = decideStep(state);
  switch (decision.kind) {
    case 'wait':
      return { kind: 'later', untold: [] };
    case 'early':
      return { kind: 'later', untold: decision.untold };
    case 'claim':
      return { kind: 'settle', result: failed(failure('DEAD_LETTERED', whyDead(state))) };
    default:
      return decision;
  }
}

function whyDead({ record, message }: StepState): string {
  const isSameAttempt = record && compareAttempts(record.attempt, attemptOf(message)) === 0;
  const starts = isSameAttempt ? record.starts : 0;
  return starts === 0
    ? 'its message was received too often and never started: the function is throttled or cannot be loaded, or something that it needs was away. Find the cause in the logs of the function, then redrive the dead letter.'
    : `its message was received too often, and started ${starts}× without an end. Find the cause in the agent's logs, then redrive the dead letter.`;
}
