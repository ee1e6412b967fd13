import { AsyncLocalStorage } from 'node:async_hooks';
import { TerminalError } from '../contracts/errors.ts';

/** The effect or tool that the current code is the call of, as messages name it. */
const performing = new AsyncLocalStorage<string>();

/** Runs the call of an effect or a tool, marked as such. */
export const insideEffect = <T>(label: string, call: () => Promise<T>): Promise<T> =>
  performing.run(label, async () => call());

/**
 * An effect is one call outside: were there calls of the context in it, what they throw would say
 * nothing about what it had done before (X4).
 * @throws TerminalError CALL_NESTED
 */
export function refuseInsideEffect(method: string): void {
  const label = performing.getStore();
  if (label === undefined) return;
  throw new TerminalError(
    `ctx.${method} was called inside ${label}, which may not use the context. Do it before, or after it.`,
    { code: 'CALL_NESTED' },
  );
}
