import { RetryableError, TerminalError } from '../contracts/errors.ts';

/**
 * True when a model call failed in a way that costs nothing: the provider has answered that it did not do
 * it. After a timeout, a lost connection or a reply that nobody could read it may have.
 */
export function isUnpaid(thrown: unknown): boolean {
  if (!(thrown instanceof RetryableError || thrown instanceof TerminalError)) return false;
  switch (thrown.code) {
    case 'MODEL_THROTTLED':
    case 'MODEL_REFUSED':
      return true;
    case 'MODEL_UNAVAILABLE':
      return statusOf(thrown.cause) >= 500;
    default:
      return false;
  }
}

/** The status of an HTTP answer among an error's causes, as clients spell it; 0 when there was none. */
function statusOf(cause: unknown): number {
  const status: unknown = Object(cause).statusCode;
  return typeof status === 'number' ? status : 0;
}
