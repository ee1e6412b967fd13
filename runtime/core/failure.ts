/**
 * Makes a Failure of whatever was thrown.
 *
 * Job: the one place that decides code, boundary name, message and fingerprint.
 * Boundary: pure. Which error ended the attempt (a signal's reason outranks what a handler throws
 * because of it) is the caller's decision.
 *
 * Invariants
 * F1. The name is fixed by the code or declared by the contract; nothing else crosses the boundary
 *     (E1), whatever is thrown.
 * F2. Retryable or not follows from the error's type and code, never from its text (E2).
 * F3. The fingerprint is the same for the same cause with other ids and numbers.
 */
import { $ZodError } from 'zod/v4/core'; // not z.core: a namespace in a namespace is bundled whole
import {
  ERROR_TABLE,
  type ErrorCode,
  type Failure,
  RetryableError,
  statusOf,
  TerminalError,
} from '../contracts/errors.ts';
import type { StepResult } from '../contracts/ledger.ts';
import { hash } from './hash.ts';
import { describeIssues } from './issues.ts';
import { NotJsonError } from './json.ts';
import { TooLargeError } from './limits.ts';

const MESSAGE_MAX_LENGTH = 2000;

/** @param declaredNames names that the agent's contract declares in `errors` */
export function failureOf(thrown: unknown, declaredNames: readonly string[] = []): Failure {
  if (thrown instanceof RetryableError) return failure(thrown.code, thrown.message);
  if (thrown instanceof TerminalError) return terminalFailure(thrown, declaredNames);
  if (thrown instanceof NotJsonError) return failure('OUTPUT_INVALID', thrown.message);
  if (thrown instanceof TooLargeError) return failure('OUTPUT_TOO_LARGE', thrown.message);
  return failure('UNHANDLED', textOf(thrown));
}

/** The failure of a code, under its own boundary name. */
export const failure = (code: ErrorCode, message: string): Failure =>
  named(code, ERROR_TABLE[code].boundary, message);

/** How a step ends with this failure. */
export const failed = (
  failure: Failure,
): Exclude<StepResult, { readonly status: 'succeeded' }> => ({
  status: statusOf(failure.code),
  failure,
});

function terminalFailure(error: TerminalError, declaredNames: readonly string[]): Failure {
  const { code, errorName, message } = error;
  if (errorName === undefined) return failure(code, message);
  if (declaredNames.includes(errorName)) return named(code, errorName, message);
  return failure(
    code,
    `${message} (its name "${errorName}" is not declared in the contract's errors, so no workflow can catch it)`,
  );
}

function named(code: ErrorCode, name: string, text: string): Failure {
  const message = text.slice(0, MESSAGE_MAX_LENGTH);
  return {
    code,
    name,
    message,
    retryable: ERROR_TABLE[code].retryable,
    fingerprint: fingerprintOf([code, name], message),
  };
}

function textOf(thrown: unknown): string {
  if (thrown instanceof $ZodError) return describeIssues(thrown.issues);
  if (thrown instanceof Error) return `${thrown.name}: ${thrown.message}`;
  return `something that is not an Error was thrown: ${String(thrown)}`;
}

/** @param kind what tells causes apart beside their text (F3) */
export const fingerprintOf = (kind: readonly string[], text: string): string =>
  hash([...kind, withoutIds(text)]);

/** Every word with a digit in it is an id, a number or a time (F3). */
const withoutIds = (message: string): string =>
  message.replaceAll(/[\w.:-]+/g, (word) => (/\d/.test(word) ? '#' : word));
