import { type Failure, SignalboxError } from '../contracts/errors.ts';

/** Somebody else holds the step now: nothing more may be written, called or answered (R5). */
export class LeaseLostError extends SignalboxError {
  override readonly name = 'LeaseLostError';
  readonly code = 'LEASE_LOST';
}

/** The run was stopped, or is over for this attempt, while it ran. */
export class FenceClosedError extends SignalboxError {
  override readonly name = 'FenceClosedError';
  readonly code = 'FENCE_CLOSED';
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** The agent's code goes on after its attempt has ended: a promise that nobody awaited, or an ignored signal. */
export class AttemptOverError extends SignalboxError {
  override readonly name = 'AttemptOverError';
  readonly code = 'ATTEMPT_OVER';
}

/** A record changed under every try to write it. */
export class ContentionError extends SignalboxError {
  override readonly name = 'ContentionError';
  readonly code = 'CONTENTION';
}
