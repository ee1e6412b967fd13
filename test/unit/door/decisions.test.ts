import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import {
  ERROR_TABLE,
  RETRYABLE_ERROR_NAME,
  RetryableError,
  TERMINAL_ERROR_NAMES,
  TerminalError,
} from '#runtime/contracts/errors.ts';
import type { CallRecord } from '#runtime/contracts/ledger.ts';
import { attemptNumber, compareAttempts, failedBefore } from '#runtime/core/attempt.ts';
import { decideEffect, idempotencyKey, isKnownFailure } from '#runtime/core/effect.ts';
import { failed, failure, failureOf } from '#runtime/core/failure.ts';
import { canFinish, hardStop } from '#runtime/core/hard-stop.ts';
import { toJson } from '#runtime/core/json.ts';
import { modelCall } from '#runtime/core/model-call.ts';
import { stepEnded, stepQueued } from '#runtime/core/step-events.ts';
import {
  attempt,
  failedWith,
  NOW,
  retryable,
  stepOutcome,
  taskMessage,
} from '../../support/steps.ts';

const thrownBy = (perform: () => unknown): unknown => {
  try {
    return perform();
  } catch (error) {
    return error;
  }
};

describe('failureOf', () => {
  const cases: readonly (readonly [string, unknown, object])[] = [
    [
      'a RetryableError',
      new RetryableError('x'),
      { code: 'RETRYABLE', name: 'Agent.Retryable', retryable: true },
    ],
    [
      'its code',
      new RetryableError('x', { code: 'MODEL_THROTTLED' }),
      { code: 'MODEL_THROTTLED', name: 'Agent.Retryable' },
    ],
    [
      'a TerminalError',
      new TerminalError('x'),
      { code: 'TERMINAL', name: 'Agent.Terminal', retryable: false },
    ],
    [
      'a declared name',
      new TerminalError('x', { errorName: 'NoRoom' }),
      { code: 'TERMINAL', name: 'NoRoom' },
    ],
    [
      'an undeclared name',
      new TerminalError('x', { errorName: 'Other' }),
      {
        code: 'TERMINAL',
        name: 'Agent.Terminal',
        message: expect.stringContaining('"Other" is not declared'),
      },
    ],
    [
      'a terminal code',
      new TerminalError('x', { code: 'INPUT_INVALID' }),
      { name: 'Agent.InputInvalid', retryable: false },
    ],
    [
      'an Error',
      new RangeError('boom'),
      { code: 'UNHANDLED', message: 'RangeError: boom', retryable: true },
    ],
    [
      'a schema error',
      thrownBy(() => z.parse(z.object({ a: z.string() }), { a: 1 })),
      { code: 'UNHANDLED', message: expect.stringContaining('a: ') },
    ],
    [
      'a value that JSON cannot carry',
      thrownBy(() => toJson({ at: new Date(0) })),
      { code: 'OUTPUT_INVALID', retryable: false },
    ],
    ['a string', 'boom', { code: 'UNHANDLED', message: expect.stringContaining('boom') }],
    ['nothing', undefined, { code: 'UNHANDLED' }],
  ];
  test.each(cases)('classifies %s', (_name, thrown, expected) => {
    expect(failureOf(thrown, ['NoRoom'])).toMatchObject(expected);
  });

  test('E1: every name it gives is in the table or declared', () => {
    const allowed = [...TERMINAL_ERROR_NAMES, RETRYABLE_ERROR_NAME, 'NoRoom'];
    for (const [, thrown] of cases) expect(allowed).toContain(failureOf(thrown, ['NoRoom']).name);
    for (const code of Object.keys(ERROR_TABLE) as (keyof typeof ERROR_TABLE)[]) {
      expect(allowed).toContain(failure(code, 'x').name);
    }
  });

  test('a message is cut at 2,000 characters', () => {
    expect(failureOf(new TerminalError('x'.repeat(5000))).message).toHaveLength(2000);
  });

  test('the fingerprint ignores ids and numbers, and nothing else', () => {
    const print = (message: string) => failureOf(new Error(message)).fingerprint;
    expect(print('order 17 of 9f3c-77ab failed at 12:03:11.5')).toBe(
      print('order 4 of aa01-12cd failed at 08:59:00.1'),
    );
    expect(print('order 17 failed')).not.toBe(print('invoice 17 failed'));
  });

  test('a code says how the step ends', () => {
    expect(failed(failure('DEADLINE_EXCEEDED', 'x')).status).toBe('expired');
    expect(failed(failure('STOPPED', 'x')).status).toBe('stopped');
    expect(failed(failure('TIMEOUT', 'x')).status).toBe('failed');
  });
});

test('F3: the fingerprint of a long message costs no more than its beginning', () => {
  const startedMs = performance.now();
  const long = failureOf(new Error('x'.repeat(10_000_000)));
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(long.fingerprint).toBe(failureOf(new Error('x'.repeat(5000))).fingerprint);
});

describe('attempts', () => {
  test('are ordered by generation, redrive, retry', () => {
    const ordered = [attempt(0), attempt(2), attempt(0, 0, 1), attempt(0, 1), attempt(1, 1)];
    expect([...ordered].reverse().sort(compareAttempts)).toEqual(ordered);
    expect(compareAttempts(attempt(1), attempt(1))).toBe(0);
  });

  test('R9: know the failures of all generations, and count those of their own', () => {
    const outcomes = [
      stepOutcome({ result: failedWith(retryable('first')) }),
      stepOutcome({ attempt: attempt(0, 1), result: failedWith(retryable('second')) }),
    ];
    const next = attempt(1, 1);
    expect(failedBefore(outcomes, next).map(({ failure }) => failure.message)).toEqual([
      'first',
      'second',
    ]);
    expect(attemptNumber(outcomes, next)).toBe(2);
    expect(attemptNumber(outcomes, attempt(0, 2))).toBe(1);
  });

  test('a dispatch that failed is no attempt', () => {
    expect(attemptNumber([], attempt(3))).toBe(1);
  });
});

describe('the end of an attempt', () => {
  const ended = (result: Parameters<typeof stepEnded>[1]['result'], number: number) =>
    stepEnded(taskMessage({ maxAttempts: 3 }), {
      fence: 1,
      attempt: number,
      result,
      atMs: NOW,
      durationMs: 5,
    }).type;

  test.each([
    [
      'a retryable failure with attempts left is retried',
      failedWith(),
      2,
      'signalbox.step.retried',
    ],
    ['the last retryable failure is final', failedWith(), 3, 'signalbox.step.failed'],
    [
      'a terminal failure is final at once',
      failed(failure('TERMINAL', 'x')),
      1,
      'signalbox.step.failed',
    ],
    [
      'a deadline expires the step',
      failed(failure('DEADLINE_EXCEEDED', 'x')),
      1,
      'signalbox.step.expired',
    ],
    ['a stop stops it', failed(failure('STOPPED', 'x')), 1, 'signalbox.step.stopped'],
  ] as const)('%s', (_name, result, number, type) => {
    expect(ended(result, number)).toBe(type);
  });

  test('R4: step.queued is the same event at every start', () => {
    expect(stepQueued(taskMessage(), 1)).toEqual(stepQueued(taskMessage(), 1));
    expect(stepQueued(taskMessage(), 1)).toMatchObject({
      fence: 0,
      time: new Date(NOW - 500).toISOString(),
    });
  });
});

describe('decideEffect', () => {
  const record = (state: CallRecord['state'], result?: unknown): CallRecord => ({
    run: 'run-1',
    path: 'answer',
    call: 'effect:pay',
    rev: 1,
    fence: 1,
    state,
    events: [],
    ...(result !== undefined && { result }),
  });
  const reconcile = { reconcile: async () => 'absent' as const };

  test.each([
    [
      'R2: a recorded result is replayed',
      record('succeeded', { id: 1 }),
      'fail',
      { kind: 'replay', result: { id: 1 } },
    ],
    ['R2: a result of undefined is replayed', record('succeeded'), 'fail', { kind: 'replay' }],
    ['a recorded failure is called again', record('failed'), 'fail', { kind: 'call' }],
    [
      'R2: a begun effect follows "retry"',
      record('started'),
      'retry',
      { kind: 'uncertain', policy: 'retry' },
    ],
    [
      'R2: a begun effect follows "fail"',
      record('started'),
      'fail',
      { kind: 'uncertain', policy: 'fail' },
    ],
    [
      'R2: a begun effect is reconciled',
      record('started'),
      reconcile,
      { kind: 'uncertain', policy: 'reconcile' },
    ],
  ] as const)('%s', (_name, found, whenUnknown, decision) => {
    expect(decideEffect(found, whenUnknown)).toMatchObject(decision);
  });

  test('the key names run, path and effect, and nothing else', () => {
    expect(idempotencyKey('r', 'p', 'n')).toBe(idempotencyKey('r', 'p', 'n'));
    const others = [
      idempotencyKey('r2', 'p', 'n'),
      idempotencyKey('r', 'p2', 'n'),
      idempotencyKey('r', 'p', 'n2'),
    ];
    expect(new Set([idempotencyKey('r', 'p', 'n'), ...others]).size).toBe(4);
  });

  test('only a classified error says that the effect did not happen', () => {
    const { signal } = new AbortController();
    expect(isKnownFailure(new RetryableError('503'), signal)).toBe(true);
    expect(isKnownFailure(new TerminalError('400'), signal)).toBe(true);
    expect(isKnownFailure(new TypeError('fetch failed'), signal)).toBe(false);
    expect(isKnownFailure(new RetryableError('aborted'), AbortSignal.abort())).toBe(false);
  });
});

describe('modelCall', () => {
  const request = { name: 'answer', prompt: 'why?', maxOutputTokens: 10 };
  test('R9: is the same after a crash and another after a failed attempt', () => {
    expect(modelCall(request, 0)).toBe(modelCall({ ...request }, 0));
    expect(modelCall(request, 1)).not.toBe(modelCall(request, 0));
  });
  test.each([
    { prompt: 'how?' },
    { maxOutputTokens: 11 },
    { system: 's' },
    { model: 'm' },
    { schema: {} },
  ])('another request is another call: %o', (change) => {
    expect(modelCall({ ...request, ...change }, 0)).not.toBe(modelCall(request, 0));
  });
});

describe('hardStop', () => {
  const contract = { name: 'test-agent', timeoutSeconds: 60 };
  const limits = { contract, nowMs: NOW, deadlineMs: NOW + 600_000, remainingMs: 75_000 };

  test.each([
    ['the timeout', limits, 60_000, 'TIMEOUT'],
    ['the deadline', { ...limits, deadlineMs: NOW + 5000 }, 5000, 'DEADLINE_EXCEEDED'],
    [
      "the function's end, 3 seconds before it",
      { ...limits, remainingMs: 20_000 },
      17_000,
      'TIMEOUT',
    ],
    [
      'the deadline among equals',
      { ...limits, deadlineMs: NOW + 60_000 },
      60_000,
      'DEADLINE_EXCEEDED',
    ],
  ] as const)('is %s', (_name, given, afterMs, code) => {
    expect(hardStop(given)).toMatchObject({ atMs: NOW + afterMs, reason: { code } });
  });

  test('an attempt can finish when its whole timeout fits', () => {
    expect(canFinish({ contract, remainingMs: 63_000 })).toBe(true);
    expect(canFinish({ contract, remainingMs: 62_999 })).toBe(false);
  });
});
