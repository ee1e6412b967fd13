import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { traceOf } from '#runtime/core/trace.ts';
import { accepted, failure, shortStory, step, succeeded, T0 } from '../../support/story.ts';

const spansOf = (events: readonly SignalboxEvent[], nowMs = T0 + 60_000) =>
  traceOf(events, nowMs)?.spans ?? [];

describe('traceOf', () => {
  it('tells queue, model and own time apart', () => {
    const trace = traceOf(shortStory(), T0 + 60_000);
    expect(trace).toMatchObject({ status: 'succeeded', totalMs: 1400 });
    expect(trace?.spans[1]).toMatchObject({
      path: 'answer',
      queuedMs: 90,
      modelMs: 700,
      effectMs: 0,
      ownMs: 200,
      lostMs: 0,
    });
  });

  it('counts calls at the same time once, as model time first', () => {
    const s = step('answer');
    const [span] = spansOf([
      accepted(),
      s.queued(0),
      s.claimed(0),
      s.called(500, 'model:a', 'model', 400),
      s.called(600, 'model:b', 'model', 400, 1, 1),
      s.called(800, 'effect:c', 'effect', 400, 1, 2),
      s.succeeded(1000),
    ]);
    expect(span).toMatchObject({ modelMs: 500, effectMs: 200, ownMs: 300 });
  });

  it('gives every attempt a bar of its own, the wait of a retry beginning with the failure before', () => {
    const [first, second] = [step('answer', 0), step('answer', 1)];
    const spans = spansOf([
      accepted(),
      first.queued(0),
      first.claimed(100),
      first.retried(300, failure('TIMEOUT', 'Agent.Retryable')),
      second.queued(0),
      second.claimed(450),
      second.succeeded(500),
      succeeded(510),
    ]);
    expect(spans.map(({ attempt, status, queuedMs }) => [attempt, status, queuedMs])).toEqual([
      [1, 'failed', 100],
      [2, 'succeeded', 150],
    ]);
  });
});

describe('a trace with crashes', () => {
  it('does not count a replayed call twice', () => {
    const s = step('handoff');
    const call = s.called(500, 'model:summary', 'model', 300);
    const spans = spansOf([
      accepted(),
      s.queued(0),
      s.claimed(100, 1),
      call,
      s.claimed(2000, 2, 2),
      call,
      s.succeeded(2100, 2),
      succeeded(2200),
    ]);
    expect(spans).toHaveLength(1);
    expect(spans[0]?.calls).toHaveLength(1);
    expect(spans[0]).toMatchObject({ starts: 2, modelMs: 300, ownMs: 1700, lostMs: 1600 });
  });

  it('shows what a lost worker was doing, and what took its place', () => {
    const s = step('handoff');
    const [span] = spansOf([
      accepted(),
      s.claimed(0, 1),
      s.callStarted(100, 'effect:open-ticket', 'effect', 1),
      s.callStarted(90, 'model:summary', 'model', 1, 1),
      s.claimed(5000, 2, 2),
      s.uncertain(5010, 'effect:open-ticket', 2),
      s.called(5300, 'effect:open-ticket', 'effect', 200, 2),
      s.succeeded(5400, 2),
    ]);
    expect(span?.calls.map(({ call, status }) => [call, status])).toEqual([
      ['model:summary', 'lost'],
      ['effect:open-ticket', 'uncertain'],
      ['effect:open-ticket', 'succeeded'],
    ]);
    expect(span).toMatchObject({ lostMs: 5000, effectMs: 200 });
  });

  it('counts all of an attempt as lost that none of its workers has ended', () => {
    const s = step('answer');
    const [span] = spansOf([
      accepted(),
      s.queued(0),
      s.claimed(1000, 1),
      s.called(1500, 'ask', 'model', 400, 1),
      s.claimed(5000, 2, 2),
      s.failed(9000, failure('DEAD_LETTERED', 'Agent.DeadLettered'), 3),
    ]);
    expect(span).toMatchObject({ starts: 2, modelMs: 400, ownMs: 7600, lostMs: 7600 });
  });

  it('lets a running attempt and its call grow with time', () => {
    const s = step('answer');
    const events = [
      accepted(),
      s.queued(0),
      s.claimed(100),
      s.callStarted(200, 'model:a', 'model'),
    ];
    expect(spansOf(events, T0 + 1000)[0]).toMatchObject({
      status: 'running',
      modelMs: 800,
      ownMs: 100,
      calls: [{ status: 'running' }],
    });
  });
});

describe('the calls of a trace', () => {
  const callsOf = (events: readonly SignalboxEvent[]) =>
    spansOf(events).flatMap(({ calls }) =>
      calls.map(({ call, kind, status }) => [call, kind, status]),
    );

  it('are told apart by their numbers, whatever they are called', () => {
    const s = step('answer');
    const events = [
      accepted(),
      s.claimed(10),
      s.called(1000, 'summarize', 'model', 900, 1, 0),
      s.called(3000, 'summarize', 'model', 1900, 1, 1),
      s.callStarted(3100, 'summarize', 'effect', 1, 2),
      s.called(3300, 'summarize', 'effect', 200, 1, 2),
    ];
    expect(callsOf(events)).toEqual([
      ['summarize', 'model', 'succeeded'],
      ['summarize', 'model', 'succeeded'],
      ['summarize', 'effect', 'succeeded'],
    ]);
    expect(spansOf(events)[0]).toMatchObject({ modelMs: 2800, effectMs: 200 });
  });

  it('are lost with their worker, and only the effect that is doubted is uncertain', () => {
    const s = step('pay');
    const events = [
      accepted(),
      s.claimed(0, 1),
      s.callStarted(10, 'pay', 'model', 1, 0),
      s.callStarted(20, 'pay', 'effect', 1, 1),
      s.claimed(5000, 2, 2),
      s.uncertain(5010, 'pay', 2, 0),
      s.callStarted(5020, 'pay', 'effect', 2, 0),
    ];
    expect(callsOf(events)).toEqual([
      ['pay', 'model', 'lost'],
      ['pay', 'effect', 'uncertain'],
      ['pay', 'effect', 'running'],
    ]);
  });

  it('are not doubted by the doubt that their own holder had about an earlier one', () => {
    const s = step('pay');
    const events = [
      accepted(),
      s.claimed(0, 1),
      s.callStarted(20, 'pay', 'effect', 1, 0),
      s.claimed(5000, 2, 2),
      s.uncertain(5010, 'pay', 2, 0),
      s.callStarted(5020, 'pay', 'effect', 2, 0),
      s.failed(9000, failure('DEAD_LETTERED', 'Agent.DeadLettered'), 3),
    ];
    expect(callsOf(events)).toEqual([
      ['pay', 'effect', 'uncertain'],
      ['pay', 'effect', 'lost'],
    ]);
  });

  it('are doubted by the next attempt, too', () => {
    const [first, second] = [step('pay', 0), step('pay', 1)];
    const events = [
      accepted(),
      first.claimed(0),
      first.callStarted(20, 'pay', 'effect'),
      first.retried(1000, failure('TIMEOUT', 'Agent.Retryable')),
      second.claimed(3000),
      second.uncertain(3010, 'pay'),
      second.called(3200, 'pay', 'effect', 100),
    ];
    expect(callsOf(events)).toEqual([
      ['pay', 'effect', 'uncertain'],
      ['pay', 'effect', 'succeeded'],
    ]);
  });
});
