/**
 * Every error that can end an attempt, in one table.
 *
 * Job: name the errors that cross the Step Functions boundary, and say which of them are worth
 * another attempt. The three retriers of every agent step are generated from this table, so the
 * worker and the state machine cannot disagree.
 * Boundary: no I/O, no AWS types.
 *
 * Invariants
 * E1. A boundary name is fixed here or declared in `contract.errors`; nothing else is ever sent
 *     to Step Functions (an unknown name would fall to the dispatch retrier).
 * E2. Whether an error is retryable is a property of its code, never of its text.
 */
import type { TerminalStatus } from './status.ts';

interface ErrorRule {
  /** The error name that Step Functions sees. */
  readonly boundary: `Agent.${string}`;
  readonly retryable: boolean;
  /** The status of a step that ends with it. @default 'failed' */
  readonly status?: Exclude<TerminalStatus, 'succeeded'>;
}

const retryable = { boundary: 'Agent.Retryable', retryable: true } as const;
const terminal = <B extends `Agent.${string}`>(boundary: B) =>
  ({ boundary, retryable: false }) as const;

export const ERROR_TABLE = {
  /** The author threw a RetryableError. */
  RETRYABLE: retryable,
  /** The author's code threw something that is not a Signalbox error. */
  UNHANDLED: retryable,
  /** The attempt overran its agent's timeout. */
  TIMEOUT: retryable,
  /** The provider answered 429. */
  MODEL_THROTTLED: retryable,
  /** A call's turn in a quota's line comes later than an attempt waits for it, or the quota is closed. */
  QUOTA_WAIT: retryable,
  /** The provider was unreachable or answered 5xx. */
  MODEL_UNAVAILABLE: retryable,
  /** The reply does not fit the schema that the call asked for. */
  MODEL_OUTPUT_INVALID: retryable,
  /** The author threw a TerminalError without a declared name. */
  TERMINAL: terminal('Agent.Terminal'),
  /** The provider refused the request (4xx other than 408, 409, 429). */
  MODEL_REFUSED: terminal('Agent.Terminal'),
  INPUT_INVALID: terminal('Agent.InputInvalid'),
  /** A part of the input that travels by reference is not there any more. */
  PAYLOAD_MISSING: terminal('Agent.InputInvalid'),
  OUTPUT_INVALID: terminal('Agent.OutputInvalid'),
  OUTPUT_TOO_LARGE: terminal('Agent.OutputTooLarge'),
  /** The same path was used for another input: answering it would return another step's result. */
  PATH_REUSED: terminal('Agent.PathReused'),
  /** A call may or may not have happened, and its policy is `fail`. */
  EFFECT_UNCERTAIN: terminal('Agent.EffectUncertain'),
  /** The context was used inside the call of an effect, which then would no longer be one call. */
  CALL_NESTED: terminal('Agent.Terminal'),
  EFFECT_BLOCKED: terminal('Agent.EffectBlocked'),
  BUDGET_EXHAUSTED: terminal('Agent.BudgetExhausted'),
  SUPERSEDED: terminal('Agent.Superseded'),
  CHILD_FAILED: terminal('Agent.ChildFailed'),
  /** Started too often without an end: the worker dies of it. */
  DEAD_LETTERED: terminal('Agent.DeadLettered'),
  DEADLINE_EXCEEDED: { ...terminal('Agent.DeadlineExceeded'), status: 'expired' },
  STOPPED: { ...terminal('Agent.Stopped'), status: 'stopped' },
} as const satisfies Record<string, ErrorRule>;

export type ErrorCode = keyof typeof ERROR_TABLE;

const rules: readonly ErrorRule[] = Object.values(ERROR_TABLE);

/** Boundary names that the state machine must never retry, in the table's order, without doubles. */
export const TERMINAL_ERROR_NAMES: readonly string[] = [
  ...new Set(rules.filter((rule) => !rule.retryable).map((rule) => rule.boundary)),
];

/** The one boundary name that the state machine retries with backoff. */
export const RETRYABLE_ERROR_NAME = 'Agent.Retryable';

/** A failure as it is recorded, published and sent over the boundary: JSON-clean, no stack. */
export interface Failure {
  readonly code: ErrorCode;
  /** The boundary name: fixed by the code, or declared in `contract.errors`. */
  readonly name: string;
  /** For people. At most 2,000 characters. */
  readonly message: string;
  readonly retryable: boolean;
  /** Same cause, same fingerprint: groups failures over runs. */
  readonly fingerprint: string;
}

/** The status that a step ends with when this code ends it for good. */
export const statusOf = (code: ErrorCode): Exclude<TerminalStatus, 'succeeded'> => {
  const rule: ErrorRule = ERROR_TABLE[code];
  return rule.status ?? 'failed';
};

/** Base of every error that Signalbox throws. `code` is stable; `message` says what to do next. */
export abstract class SignalboxError extends Error {
  abstract readonly code: string;
}

/**
 * An agent's own "try me again": the attempt fails, Step Functions retries it with backoff. With
 * `retryAfterSeconds` it is no failure: the same attempt is put off and goes on then.
 */
export class RetryableError extends SignalboxError {
  override readonly name = 'RetryableError';
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;
  constructor(
    message: string,
    options: {
      readonly code?: RetryableCode;
      /** Seconds after which another try is worth it, as the other side says (`Retry-After`). */
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'RETRYABLE';
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** An agent's own "no retry will help": the step fails at once. */
export class TerminalError extends SignalboxError {
  override readonly name = 'TerminalError';
  readonly code: ErrorCode;
  /** A name declared in `contract.errors`, so that a workflow can catch it. */
  readonly errorName: string | undefined;
  constructor(
    message: string,
    options: {
      readonly errorName?: string;
      readonly code?: TerminalCode;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = options.code ?? 'TERMINAL';
    this.errorName = options.errorName;
  }
}

type RetryableCode = {
  [C in ErrorCode]: (typeof ERROR_TABLE)[C]['retryable'] extends true ? C : never;
}[ErrorCode];
type TerminalCode = Exclude<ErrorCode, RetryableCode>;

/** A contract, a workflow or a configuration that cannot work. Thrown at definition or synth. */
export class DefinitionError extends SignalboxError {
  override readonly name = 'DefinitionError';
  readonly code = 'DEFINITION_INVALID';
}

/** The environment of a function lacks a variable, or one has a value that it cannot have. */
export class EnvironmentError extends SignalboxError {
  override readonly name = 'EnvironmentError';
  readonly code = 'ENVIRONMENT_INVALID';
}

/** A dependency said "slow down" for longer than a caller may wait in place. */
export class ThrottledError extends SignalboxError {
  override readonly name = 'ThrottledError';
  readonly code = 'THROTTLED';
}

/** A list was asked to go on from a place that no earlier page of it gave. */
export class InvalidCursorError extends SignalboxError {
  override readonly name = 'InvalidCursorError';
  readonly code = 'CURSOR_INVALID';
}
