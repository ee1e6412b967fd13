import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { traceOf } from '#runtime/core/trace.ts';
import { accepted, resumed, step, stopped, succeeded, T0, told } from '../../support/story.ts';

const HOUR = 3_600_000;

/** Stopped in the middle of `answer`, resumed an hour later. */
function stoppedAndResumed(): readonly SignalboxEvent[] {
  const [intent, first, second] = [step('intent'), step('answer'), step('answer', 0, 1)];
  return [
    accepted(),
    intent.queued(0),
    intent.claimed(100),
    intent.succeeded(300),
    first.queued(300),
    first.claimed(400),
    stopped(2400, 'wrong customer'),
    resumed(HOUR, 1, 'customer called back'),
    second.queued(HOUR + 10),
    second.claimed(HOUR + 110, 2),
  ];
}

const end = told('signalbox.run.succeeded', HOUR + 1000, { durationMs: 1000 }, { gen: 1 });
const done = (): readonly SignalboxEvent[] => [
  ...stoppedAndResumed(),
  step('answer', 0, 1).succeeded(HOUR + 900, 2),
  end,
];

describe('a run that was stopped', () => {
  it('says where, after what time and why', () => {
    const view = runViewOf(stoppedAndResumed().slice(0, 7), T0 + HOUR);
    expect(view?.sentence).toBe('stopped at answer after 2.4 s: wrong customer');
  });
});

describe('a call that a stop has cut off', () => {
  const s = step('answer');
  const cutOff = [
    accepted(),
    s.claimed(100),
    s.callStarted(200, 'draft', 'model'),
    s.stopped(1200),
  ];

  it('T1: counts until its worker gave it up', () => {
    const [span] = traceOf([...cutOff, stopped(1300, 'why')], T0)?.spans ?? [];
    expect(span).toMatchObject({ status: 'stopped', modelMs: 1000, ownMs: 100, lostMs: 0 });
    expect(span?.calls).toMatchObject([{ call: 'draft', status: 'lost', durationMs: 1000 }]);
  });
});

describe('a run that was resumed', () => {
  it('is what its newest generation is, and lists all of them', () => {
    const view = runViewOf(stoppedAndResumed(), T0 + HOUR + 500);
    expect(view).toMatchObject({ status: 'running', gen: 1 });
    expect(view).not.toHaveProperty('error');
    expect(view?.generations).toEqual([
      {
        gen: 0,
        status: 'stopped',
        acceptedAt: '2026-01-01T00:00:00.000Z',
        endedAt: '2026-01-01T00:00:02.400Z',
      },
      {
        gen: 1,
        status: 'running',
        acceptedAt: '2026-01-01T01:00:00.000Z',
        reason: 'customer called back',
      },
    ]);
    expect(view?.deadlineAt).toBe('2026-01-01T01:02:00.000Z');
    expect(view?.acceptedAt).toBe('2026-01-01T00:00:00.000Z');
  });

  it('is accepted, not running, while nothing of the new generation is known', () => {
    expect(runViewOf(stoppedAndResumed().slice(0, 8), T0 + HOUR)?.status).toBe('accepted');
  });

  it('counts no time in which it was not going on', () => {
    const view = runViewOf(done(), T0 + 2 * HOUR);
    expect(view?.steps[1]).toMatchObject({ path: 'answer', gen: 1, attempts: 2 });
    expect(view?.steps[1]).toMatchObject({ queuedMs: 200, runMs: 2000 + 790 });
    expect(view?.sentence).toBe(
      'succeeded in 1.0 s: 2 steps (1 from before), 100 ms waiting in queues; resumed once',
    );
  });

  it('R11: is the same whatever the order of its events', () => {
    const events = done();
    expect(runViewOf([...events].reverse(), T0)).toEqual(runViewOf(events, T0));
  });

  it('has a trace for each generation', () => {
    const newest = traceOf(done(), T0 + 2 * HOUR);
    expect(newest).toMatchObject({ gen: 1, totalMs: 1000, startedAt: '2026-01-01T01:00:00.000Z' });
    expect(newest?.spans.map(({ path }) => path)).toEqual(['answer']);
    const first = traceOf(done(), T0 + 2 * HOUR, 0);
    expect(first).toMatchObject({ gen: 0, status: 'stopped', totalMs: 2400 });
    expect(first?.spans.map(({ path }) => path)).toEqual(['intent', 'answer']);
    expect(traceOf(done(), T0, 2)).toBeNull();
  });
});

describe('a step that was put off', () => {
  const s = step('answer');
  const putOff = [accepted(), s.queued(0), s.claimed(100), s.deferred(300)];
  const again = [...putOff, s.claimed(5300, 2, 1), s.called(6000, 'a', 'model', 500, 2)];

  it('waits, and is no lost worker', () => {
    const view = runViewOf(putOff, T0 + 2300);
    expect(view?.steps[0]).toMatchObject({
      status: 'waiting',
      runMs: 200,
      deferredMs: 2000,
      lostWorkers: 0,
    });
    expect(view?.sentence).toBe('running: answer put off for 2.0 s so far');
  });

  it('is at work again with the next claim, its wait told apart', () => {
    const view = runViewOf(again, T0 + 6000);
    expect(view?.steps[0]).toMatchObject({
      status: 'running',
      deferredMs: 5000,
      runMs: 900,
      starts: 2,
      lostWorkers: 0,
    });
  });

  it('T1: has a bar of queue, put off, model and own time', () => {
    const [span] = traceOf([...again, s.succeeded(6100, 2), succeeded(6200)], T0)?.spans ?? [];
    expect(span).toMatchObject({
      queuedMs: 100,
      deferredMs: 5000,
      modelMs: 500,
      effectMs: 0,
      ownMs: 500,
      lostMs: 0,
      deferrals: [{ from: '2026-01-01T00:00:00.300Z', until: '2026-01-01T00:00:05.300Z' }],
    });
  });

  it('still tells a worker that was lost later', () => {
    const lost = [...again, s.claimed(40_000, 3, 2)];
    const [span] = traceOf(lost, T0 + 41_000)?.spans ?? [];
    expect(span).toMatchObject({ deferredMs: 5000, lostMs: 40_000 - 5300 - 500 });
    expect(runViewOf(lost, T0 + 41_000)?.steps[0]).toMatchObject({ lostWorkers: 1 });
  });

  it('ends with its run, when nobody went on with it', () => {
    const expired = told('signalbox.run.expired', 3300, { durationMs: 1, error: 'e', cause: '' });
    expect(runViewOf([...putOff, expired], T0 + HOUR)?.steps[0]).toMatchObject({
      deferredMs: 3000,
    });
  });
});

describe('a step of a fork that was not run', () => {
  const s = step('intent');
  const events = [accepted(), s.queued(0), s.reused(50, 'origin'), succeeded(100)];

  it('says whose result it is', () => {
    const view = runViewOf(events, T0);
    expect(view?.steps[0]).toMatchObject({ status: 'succeeded', reusedFrom: 'origin', starts: 0 });
    expect(view?.sentence).toBe('succeeded in 100 ms: 1 step (1 reused), 50 ms waiting in queues');
    expect(traceOf(events, T0)?.spans[0]).toMatchObject({ reusedFrom: 'origin' });
  });
});
