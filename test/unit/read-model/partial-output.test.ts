import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { traceOf } from '#runtime/core/trace.ts';
import { accepted, failedWith, failure, step, succeeded, T0, told } from '../../support/story.ts';

const retryable = failure('RETRYABLE', 'Agent.Retryable');

/** The `ordinal`th thing that a holder of the step's attempt shows. */
const shown = (
  data: { readonly text: string; readonly offset: number } | { readonly value: unknown },
  { ordinal = 0, fence = 1, retry = 0, path = 'answer' } = {},
): SignalboxEvent =>
  told(
    'signalbox.output.partial',
    200 + ordinal,
    { agent: 'do-answer', ...data },
    { path, attempt: `0.${retry}`, fence, ordinal },
  );

const answer = step('answer');
const running = [accepted(), answer.queued(10), answer.claimed(100)];
const viewOf = (...events: readonly SignalboxEvent[]) => runViewOf(events, T0 + 5000);
const partialIn = (...events: readonly SignalboxEvent[]) => viewOf(...events)?.steps[0]?.partial;

describe('the partial output of a step', () => {
  test('is what was shown so far, put together', () => {
    const parts = [
      shown({ text: 'half ', offset: 0 }),
      shown({ text: 'an', offset: 5 }, { ordinal: 1 }),
    ];
    expect(partialIn(...running, ...parts)).toEqual({ text: 'half an' });
  });

  test('ends where a part is missing', () => {
    const late = shown({ text: 'answer', offset: 7 }, { ordinal: 2 });
    expect(partialIn(...running, shown({ text: 'half ', offset: 0 }), late)).toEqual({
      text: 'half ',
    });
  });

  test('is the last value, if values are shown', () => {
    const values = [shown({ value: [1] }), shown({ value: [1, 2] }, { ordinal: 1 })];
    expect(partialIn(...running, ...values)).toEqual({ value: [1, 2] });
  });

  test("is the newest holder's: after a crash it begins anew", () => {
    const both = [
      shown({ text: 'of the first', offset: 0 }),
      shown({ text: 'second', offset: 0 }, { fence: 2 }),
    ];
    expect(partialIn(...running, answer.claimed(300, 2, 2), ...both)).toEqual({ text: 'second' });
  });

  test('is of an earlier attempt while the newest has shown nothing', () => {
    const retried = answer.retried(1000, retryable);
    const second = step('answer', 1).claimed(1100);
    const first = shown({ text: 'first', offset: 0 });
    expect(partialIn(...running, first, retried, second)).toEqual({ text: 'first' });
    const own = shown({ text: 'second', offset: 0 }, { retry: 1, fence: 2 });
    expect(partialIn(...running, first, retried, second, own)).toEqual({ text: 'second' });
  });

  test('stays with a step that failed, and goes when it has an output', () => {
    const part = shown({ text: 'half', offset: 0 });
    const failedStep = answer.failed(1000, failure('TERMINAL', 'Agent.Terminal'));
    expect(partialIn(...running, part, failedStep)).toEqual({ text: 'half' });
    expect(viewOf(...running, part, answer.succeeded(1000))?.steps[0]).not.toHaveProperty(
      'partial',
    );
  });
});

describe('the partial result of a run', () => {
  const value = shown({ value: { found: 2 } });

  test('has the values of its steps, by path, while it has no output', () => {
    expect(viewOf(...running, value)?.partial).toEqual({ answer: { found: 2 } });
    expect(viewOf(...running, value, failedWith(1000, 'Agent.Terminal'))?.partial).toEqual({
      answer: { found: 2 },
    });
  });

  test('is not there once it has one, nor for texts', () => {
    expect(viewOf(...running, value, succeeded(1000))).not.toHaveProperty('partial');
    const text = shown({ text: 'half', offset: 0 });
    expect(viewOf(...running, text)).not.toHaveProperty('partial');
  });
});

test('R11: any order and any duplication of the parts give the same', () => {
  const events = [
    ...running,
    ...['one ', 'two ', 'three'].map((text, i) => shown({ text, offset: i * 4 }, { ordinal: i })),
    answer.claimed(300, 2, 2),
    shown({ text: 'anew', offset: 0 }, { fence: 2 }),
    shown({ text: ' and on', offset: 4 }, { fence: 2, ordinal: 1 }),
    shown({ value: 1 }, { path: 'other' }),
    step('other').claimed(100),
  ];
  const expected = viewOf(...events);
  expect(expected?.steps.map(({ partial }) => partial)).toEqual([
    { text: 'anew and on' },
    { value: 1 },
  ]);
  fc.assert(
    fc.property(
      fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
      (any) => {
        expect(viewOf(...any)).toEqual(expected);
      },
    ),
  );
});

test('a call that a fork took over says from where, and what was asked', () => {
  const call = { call: 'pay', kind: 'effect', requestHash: 'h', reusedFrom: 'run-0' } as const;
  const taken = told(
    'signalbox.call.succeeded',
    200,
    { ...call, durationMs: 0 },
    { path: 'answer', fence: 1 },
  );
  expect(traceOf([...running, taken], T0 + 5000)?.spans[0]?.calls).toMatchObject([
    { ...call, status: 'succeeded', durationMs: 0 },
  ]);
});
