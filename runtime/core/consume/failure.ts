/**
 * What becomes of an event that a consumer could not handle.
 *
 * Boundary: pure; the error is whatever the consumer threw.
 * Invariants
 * R8. A poison event delays only its own run: it is parked. So is one whose dependency fails for it
 *     alone, after a minute in which the batch was tried again.
 * F1. A dependency that is away for everything parks nothing: the batch comes again until it is back.
 * F2. A refusal of what was sent is the event's own failure; everything else that a service says, or
 *     does not say, is the service's, permissions included: a faulty deployment must not park every run.
 */
import { RetryableError, SignalboxError } from '../../contracts/errors.ts';
import type { LaneCause } from '../../ports.ts';
import { cutUtf8 } from '../limits.ts';

/** For so long a batch is tried again before a failure that others do not share is held against its event. */
const PATIENCE_MS = 60_000;

/** Leaves room for the largest event beside it in one item (lane.ts, L3). */
const CAUSE_MAX_BYTES = 1000;

export interface FailedEvent {
  readonly isDependency: boolean;
  /** Since its record arrived in the stream. */
  readonly ageMs: number;
  /** Something else of the batch could be handled. */
  readonly othersHandled: boolean;
}

/** `again`: the batch comes again from this event on. */
export const decideFailure = (failed: FailedEvent): 'park' | 'again' => {
  const { isDependency, ageMs, othersHandled } = failed;
  if (!isDependency) return 'park';
  return othersHandled && ageMs >= PATIENCE_MS ? 'park' : 'again';
};

/** How many causes behind a failure are looked at. */
const CAUSES_MAX = 5;

/** Codes of our own errors that say "not now". */
const PASSING_CODES = new Set(['CONTENTION', 'THROTTLED']);

/** True for a failure of something that the consumer needs, which says nothing about the event (F2). */
export function isDependencyFailure(thrown: unknown): boolean {
  let error = thrown;
  for (let depth = 0; depth < CAUSES_MAX && error instanceof Error; depth += 1) {
    if (error instanceof RetryableError) return true;
    if (error instanceof SignalboxError) return PASSING_CODES.has(error.code);
    if (isServiceAnswer(error)) return !isRefusal(error);
    if (isNetwork(error)) return true;
    error = error.cause;
  }
  return false;
}

/** Errors of the AWS SDK that carry a service's answer. */
const isServiceAnswer = (error: Error): boolean => '$metadata' in error || '$fault' in error;

const REFUSALS = new Set([
  'ConditionalCheckFailedException',
  'InvalidArgumentException',
  'InvalidMessageContents',
  'InvalidParameterValue',
  'InvalidParameterValueException',
  'ItemCollectionSizeLimitExceededException',
  'SerializationException',
  'TransactionCanceledException',
  'ValidationException',
]);

const isRefusal = ({ name }: Error): boolean => REFUSALS.has(name) || /TooL(arge|ong)/.test(name);

const NETWORK_NAMES = new Set(['AbortError', 'NetworkingError', 'TimeoutError']);
const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

const isNetwork = (error: Error): boolean =>
  NETWORK_NAMES.has(error.name) ||
  ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code));

/** The failure, for people and for the record. */
export function laneCause(thrown: unknown): LaneCause {
  if (!(thrown instanceof Error)) {
    return {
      code: 'UNHANDLED',
      message: cutUtf8(`not an Error: ${String(thrown)}`, CAUSE_MAX_BYTES),
    };
  }
  const { name, message } = thrown;
  const code = thrown instanceof SignalboxError ? thrown.code : 'UNHANDLED';
  return { code, message: cutUtf8(`${name}: ${message}`, CAUSE_MAX_BYTES) };
}
