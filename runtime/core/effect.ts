/**
 * Decides what happens to an effect, from what is on record about it.
 *
 * Invariants
 * X1. A recorded result is returned, never produced again (R2).
 * X2. The idempotency key depends on run, path and name only: it is the same over attempts, crashes
 *     and generations, so the other side can recognize a repeat.
 * X3. An effect that was begun and has no recorded end may have happened: its policy decides, and
 *     there is no default.
 * X4. Only an error that the author classified says that an effect did not happen. An abort, a broken
 *     connection or a bug says nothing about the world outside: such an effect stays begun (X3).
 */
import type { WhenUnknown } from '../contracts/agent-context.ts';
import { RetryableError, TerminalError } from '../contracts/errors.ts';
import type { CallRecord } from '../contracts/ledger.ts';
import { hash } from './hash.ts';

export type EffectDecision =
  | { readonly kind: 'call' }
  | { readonly kind: 'replay'; readonly result: unknown }
  | { readonly kind: 'uncertain'; readonly policy: 'retry' | 'fail' | 'reconcile' };

export function decideEffect(
  record: CallRecord | null,
  whenUnknown: WhenUnknown<unknown>,
): EffectDecision {
  switch (record?.state) {
    case 'succeeded':
      return { kind: 'replay', result: record.result };
    case 'started':
      return {
        kind: 'uncertain',
        policy: typeof whenUnknown === 'object' ? 'reconcile' : whenUnknown,
      };
    case 'failed':
    case undefined:
      return { kind: 'call' };
  }
}

/** The key of an effect in the ledger. */
export const effectCall = (name: string): string => `effect:${name}`;

/** The key that the other side gets (X2): 32 hexadecimal characters. */
export const idempotencyKey = (run: string, path: string, name: string): string =>
  hash([run, path, 'effect', name]);

/** True when the error says that the effect did not happen (X4). */
export const isKnownFailure = (thrown: unknown, signal: AbortSignal): boolean =>
  !signal.aborted && (thrown instanceof RetryableError || thrown instanceof TerminalError);
