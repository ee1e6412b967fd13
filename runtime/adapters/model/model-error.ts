/**
 * What the AI SDK throws, as errors that the step's policy understands.
 *
 * Boundary: pure; from an unknown error to a typed one.
 */
import {
  AISDKError,
  APICallError,
  EmptyResponseBodyError,
  JSONParseError,
  NoContentGeneratedError,
  NoObjectGeneratedError,
  NoOutputGeneratedError,
  TypeValidationError,
} from 'ai';
import { RetryableError, SignalboxError, TerminalError } from '../../contracts/errors.ts';
import { retryAfterSeconds } from './retry-after.ts';

export function modelError(cause: unknown): SignalboxError {
  if (cause instanceof SignalboxError) return cause;
  if (APICallError.isInstance(cause)) return refusedCall(cause);
  if (isBadReply(cause)) {
    return new RetryableError(`the model's reply is unusable: ${describe(cause)}`, {
      code: 'MODEL_OUTPUT_INVALID',
      cause,
    });
  }
  if (AISDKError.isInstance(cause)) {
    return new TerminalError(`the model cannot be asked: ${cause.message}`, {
      code: 'MODEL_REFUSED',
      cause,
    });
  }
  return new RetryableError(`the model is unavailable: ${messageOf(cause)}`, {
    code: 'MODEL_UNAVAILABLE',
    cause,
  });
}

/** A call that got no answer, or an answer that is not 2xx or not in the provider's own format. */
function refusedCall(cause: APICallError): SignalboxError {
  const { statusCode: status, message } = cause;
  const seconds = retryAfterSeconds(cause.responseHeaders ?? {});
  const hint = seconds === undefined ? '' : `; it asks to wait ${seconds} s`;
  if (status === 429) {
    return new RetryableError(`the model provider answered 429: ${message}${hint}`, {
      code: 'MODEL_THROTTLED',
      retryAfterSeconds: seconds,
      cause,
    });
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return new TerminalError(
      `the model provider refused the request with ${status}: ${message}. Check MODEL_ID and the provider's permissions.`,
      { code: 'MODEL_REFUSED', cause },
    );
  }
  const answered = status === undefined ? 'is unreachable' : `answered ${status}`;
  return new RetryableError(`the model provider ${answered}: ${message}${hint}`, {
    code: 'MODEL_UNAVAILABLE',
    // Only "503 Service Unavailable" means by it that another try is worth it then.
    retryAfterSeconds: status === 503 ? seconds : undefined,
    cause,
  });
}

const BAD_REPLIES = [
  NoObjectGeneratedError,
  NoOutputGeneratedError,
  NoContentGeneratedError,
  EmptyResponseBodyError,
  JSONParseError,
  TypeValidationError,
];

const isBadReply = (error: unknown): boolean => BAD_REPLIES.some((type) => type.isInstance(error));

/** A reply that was cut says so: a larger `maxOutputTokens` mends it, asking again does not. */
function describe(error: unknown): string {
  if (NoObjectGeneratedError.isInstance(error) && error.finishReason === 'length') {
    return 'it was cut at maxOutputTokens; raise the limit of this call';
  }
  return messageOf(error);
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
