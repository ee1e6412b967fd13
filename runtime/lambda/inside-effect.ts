import { AsyncLocalStorage } from 'node:async_hooks';
import { TerminalError } from '../contracts/errors.ts';

/** The name of the effect that the current code is the call of. */
const performing = new AsyncLocalStorage<string>();

/** Runs the call of an effect, marked as such. */
export const insideEffect = <T>(effect: string, call: () => Promise<T>): Promise<T> =>
  performing.run(effect, async () => call());

/**
 * An effect is one call outside: were there calls of the context in it, what they throw would say
 * nothing about what it had done before (X4).
 * @throws TerminalError CALL_NESTED
 */
export function refuseInsideEffect(method: string): void {
  const effect = performing.getStore();
  if (effect === undefined) return;
  throw new TerminalError(
    `ctx.${method} was called inside effect "${effect}"; the call of an effect may not use the context. Do it before the effect, or after it.`,
    { code: 'CALL_NESTED' },
  );
}
