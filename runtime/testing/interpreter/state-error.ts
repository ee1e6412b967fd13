import { SignalboxError } from '#runtime/contracts/errors.ts';
import { CAUSE_MAX_BYTES, cutUtf8 } from '#runtime/core/limits.ts';

/** A state failed with an error name of the States Language; uncaught, it fails the execution. */
export class StateError extends SignalboxError {
  override readonly name = 'StateError';
  readonly code = 'STATE_FAILED';
  /** What `ErrorEquals` is compared with. */
  readonly error: string;
  /** For people; at most 32 KiB. */
  override readonly cause: string;

  constructor(error: string, cause: string) {
    super(`${error}: ${cause}`);
    this.error = error;
    this.cause = cutUtf8(cause, CAUSE_MAX_BYTES);
  }
}

/**
 * Whether a Retry or Catch with these names is for `error`.
 * `States.Runtime` ends the execution whatever is declared; `States.ALL` does not hold what is too
 * large; `States.TaskFailed` stands for every failure but a timeout.
 */
export function matches(errorEquals: readonly string[], error: string): boolean {
  if (error === 'States.Runtime') return false;
  if (errorEquals.includes(error)) return true;
  if (error === 'States.DataLimitExceeded') return false;
  return (
    errorEquals.includes('States.ALL') ||
    (errorEquals.includes('States.TaskFailed') && error !== 'States.Timeout')
  );
}
