import { RetryableError, TerminalError } from '../contracts/errors.ts';

/** What the end of a call without a result says about its provider. */
export type CallOutcome =
  /** It answered, if only to refuse what was asked. */
  | { readonly kind: 'answered' }
  /** It refused the call as one too many. */
  | { readonly kind: 'throttled'; readonly retryAfterSeconds?: number }
  /** It failed, or gave no answer in time. */
  | { readonly kind: 'unavailable' };

/**
 * By the error's type and code, never by its text. `null`: nothing, as of a call that was given up, or of
 * an error that its author did not classify: a bug is no outage.
 */
export function callOutcome(thrown: unknown): CallOutcome | null {
  if (thrown instanceof RetryableError) return ofRetryable(thrown);
  if (!(thrown instanceof TerminalError)) return null;
  return OF_TERMINAL[thrown.code] ?? null;
}

function ofRetryable({ code, retryAfterSeconds }: RetryableError): CallOutcome | null {
  const isThrottled =
    code === 'MODEL_THROTTLED' || (code === 'RETRYABLE' && retryAfterSeconds !== undefined);
  if (!isThrottled) return OF_RETRYABLE[code] ?? null;
  return { kind: 'throttled', ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}

type Outcomes = { readonly [C in RetryableError['code']]?: CallOutcome };

const OF_RETRYABLE: Outcomes = {
  RETRYABLE: { kind: 'unavailable' },
  MODEL_UNAVAILABLE: { kind: 'unavailable' },
  TIMEOUT: { kind: 'unavailable' },
  MODEL_OUTPUT_INVALID: { kind: 'answered' },
};

const OF_TERMINAL: Outcomes = {
  TERMINAL: { kind: 'answered' },
  MODEL_REFUSED: { kind: 'answered' },
  DEADLINE_EXCEEDED: { kind: 'unavailable' },
};
