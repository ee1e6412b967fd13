/**
 * Decides what happens to an effect, from what is on record about it.
 *
 * Invariants
 * X1. A recorded result is returned, never produced again (R2).
 * X2. The idempotency key depends on run, path and name only: it is the same over attempts, crashes
 *     and generations, so the other side can recognize a repeat.
 * X3. An effect that was begun and has no recorded end may have happened: its policy decides, and
 *     there is no default.
 * X4. Only an error that the author classified, without a code of the platform, says that an effect did
 *     not happen. An abort, a broken connection, a bug or an error of the platform says nothing about
 *     the world outside: such an effect stays begun (X3). An effect in doubt that is called again and
 *     refused stays begun, too: the refusal is about the repeat.
 * X5. An effect whose result could not be kept has happened: it is never called again, and whoever asks
 *     for the result is told so.
 * X6. A forked run repeats nothing: what its origin has recorded under the same path and key is taken
 *     over, and what is new is refused unless the fork was made with live effects. What it has begun
 *     itself goes by its own record.
 * X7. A reaction that a replay asked for performs nothing new unless the replay has effects: what is on
 *     record is returned, and what is new is refused.
 * Calls of tools are effects in all of this.
 */
import type { WhenUnknown } from '../contracts/agent-context.ts';
import { RetryableError, TerminalError } from '../contracts/errors.ts';
import type { CallRecord, ForkOrigin } from '../contracts/ledger.ts';
import type { Reaction } from '../contracts/task-message.ts';
import { hash } from './hash.ts';
import { NotJsonError } from './json.ts';
import type { TooLargeError } from './limits.ts';

export type EffectDecision =
  | { readonly kind: 'call' }
  | { readonly kind: 'replay'; readonly result: unknown }
  | { readonly kind: 'unkept'; readonly unkept: NonNullable<CallRecord['unkept']> }
  | { readonly kind: 'uncertain'; readonly policy: 'retry' | 'fail' | 'reconcile' };

/** @param record what this run has on record about it */
export function decideEffect(
  record: CallRecord,
  whenUnknown: WhenUnknown<unknown>,
): EffectDecision {
  switch (record.state) {
    case 'succeeded':
      return record.unkept
        ? { kind: 'unkept', unkept: record.unkept }
        : { kind: 'replay', result: record.result };
    case 'started':
      return {
        kind: 'uncertain',
        policy: typeof whenUnknown === 'object' ? 'reconcile' : whenUnknown,
      };
    case 'failed':
      return { kind: 'call' };
  }
}

/** What becomes of an effect that nobody has begun in this run. */
export type NewEffectDecision =
  | { readonly kind: 'perform' }
  | { readonly kind: 'take-over'; readonly from: string; readonly recorded: CallRecord }
  /** @property why for people: who does not want it, and how to have it performed */
  | { readonly kind: 'blocked'; readonly why: string };

interface NewEffect {
  /** `null` for a run that is no fork. */
  readonly origin: Pick<ForkOrigin, 'run' | 'liveEffects'> | null;
  /** What the origin, or a run that it was forked from, has on record under the same path and key. */
  readonly recorded: CallRecord | null;
  /** Present when a replay asked for the step. */
  readonly replay?: Reaction['replay'];
}

/** Decides by X6 and X7. */
export function decideNewEffect({ origin, recorded, replay }: NewEffect): NewEffectDecision {
  if (recorded?.state === 'succeeded') return { kind: 'take-over', from: recorded.run, recorded };
  if (origin && !origin.liveEffects) {
    return {
      kind: 'blocked',
      why: `is not on record in run ${origin.run}, which this run was forked from, and a fork changes nothing outside. Fork with live effects to have it performed.`,
    };
  }
  if (replay && !replay.hasEffects) {
    return {
      kind: 'blocked',
      why: `is not on record, and replay ${replay.id}, which asked for this reaction, changes nothing outside. Replay with effects to have it performed.`,
    };
  }
  return { kind: 'perform' };
}

/** How messages name it. */
export const effectLabel = ({ kind, name }: { kind: 'effect' | 'tool'; name: string }): string =>
  kind === 'effect' ? `effect "${name}"` : `the call of tool "${name}"`;

/** The key of an effect in the ledger. */
export const effectCall = (name: string): string => `effect:${name}`;

/** The key that the other side gets (X2): 32 hexadecimal characters. */
export const idempotencyKey = (run: string, path: string, name: string): string =>
  hash([run, path, 'effect', name]);

/** True when the error says that the effect did not happen (X4). */
export const isKnownFailure = (thrown: unknown, signal: AbortSignal): boolean =>
  !signal.aborted &&
  ((thrown instanceof RetryableError && thrown.code === 'RETRYABLE') ||
    (thrown instanceof TerminalError && thrown.code === 'TERMINAL'));

/** What is recorded in place of a result that the ledger cannot hold (X5). */
export const unkeptResult = (
  label: string,
  error: NotJsonError | TooLargeError,
): NonNullable<CallRecord['unkept']> => ({
  code: error instanceof NotJsonError ? 'OUTPUT_INVALID' : 'OUTPUT_TOO_LARGE',
  message: `${label} happened and is not repeated, but its result cannot be kept: ${error.message} Let it return what the step needs of it, as JSON.`,
});
