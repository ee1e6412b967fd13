import { describe, expect, it, test } from 'vitest';
import { RetryableError, TerminalError, ThrottledError } from '#runtime/contracts/errors.ts';
import { decideFailure, isDependencyFailure, laneCause } from '#runtime/core/consume/failure.ts';
import { TooLargeError } from '#runtime/core/limits.ts';
import { ContentionError } from '#runtime/lambda/attempt-errors.ts';

/** As the AWS SDK throws the answer of a service. */
const answered = (name: string): Error =>
  Object.assign(new Error('no'), { name, $fault: 'client', $metadata: { httpStatusCode: 400 } });
const network = (code: string): Error => Object.assign(new Error('no'), { code });

describe('a failure', () => {
  test.each([
    ['a throttled port', new ThrottledError('slow down')],
    ['a record that others change all the time', new ContentionError('no')],
    ['a RetryableError', new RetryableError('not now')],
    ['an internal error of a service', answered('InternalServerError')],
    ['a permission that lacks', answered('AccessDeniedException')],
    ['a table that is not there', answered('ResourceNotFoundException')],
    ['a refused connection', network('ECONNREFUSED')],
    ['a time-out', Object.assign(new Error('no'), { name: 'TimeoutError' })],
    ['an error caused by one of these', new Error('cannot', { cause: network('EPIPE') })],
  ])('F2: of %s is the dependency’s', (_what, error) => {
    expect(isDependencyFailure(error)).toBe(true);
  });

  test.each([
    ['a mistake in the code', new TypeError('x is undefined')],
    ['a refusal of what was sent', answered('ValidationException')],
    ['something too large for a service', answered('RequestEntityTooLargeException')],
    ['a TerminalError', new TerminalError('never')],
    ['something too large for a port', new TooLargeError('400 KB')],
    ['a TerminalError because of the network', new TerminalError('x', { cause: network('EPIPE') })],
    ['what is no error', 'ECONNREFUSED'],
  ])('F2: of %s is the event’s own', (_what, error) => {
    expect(isDependencyFailure(error)).toBe(false);
  });

  it('whose causes go round in a circle is looked at a few times', () => {
    const error = new Error('round');
    error.cause = error;
    expect(isDependencyFailure(error)).toBe(false);
  });
});

describe('what becomes of a failed event', () => {
  const old = { ageMs: 60_000, othersHandled: true };

  test.each([
    [
      'its own failure: parked, however young',
      { isDependency: false, ageMs: 0, othersHandled: false },
      'park',
    ],
    [
      'a dependency that fails for it alone: parked after a minute',
      { isDependency: true, ...old },
      'park',
    ],
    [
      'a dependency that fails for it alone: again before',
      { isDependency: true, ...old, ageMs: 59_999 },
      'again',
    ],
    [
      'a dependency that fails for everything: again, always',
      { isDependency: true, ...old, othersHandled: false },
      'again',
    ],
  ] as const)('%s', (_what, failed, decision) => {
    expect(decideFailure(failed)).toBe(decision);
  });
});

describe('the cause on record', () => {
  it('has the code of our own errors, and the name of all', () => {
    expect(laneCause(new TooLargeError('400 KB'))).toEqual({
      code: 'TOO_LARGE',
      message: 'TooLargeError: 400 KB',
    });
    expect(laneCause(new RangeError('no'))).toEqual({
      code: 'UNHANDLED',
      message: 'RangeError: no',
    });
    expect(laneCause('no')).toEqual({ code: 'UNHANDLED', message: 'not an Error: no' });
  });

  it('L3: is cut where it would not fit beside the largest event', () => {
    expect(Buffer.byteLength(laneCause(new Error('é'.repeat(5000))).message)).toBeLessThanOrEqual(
      1000,
    );
  });
});
