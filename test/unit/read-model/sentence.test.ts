import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import {
  accepted,
  failedWith,
  failure,
  shortStory,
  started,
  step,
  succeeded,
  T0,
  told,
} from '../../support/story.ts';

const sentence = (events: readonly SignalboxEvent[], atMs = 0): string | undefined =>
  runViewOf(events, T0 + atMs)?.sentence;

const timeout = failure('TIMEOUT', 'Agent.Retryable', 'overran its 60 s');

describe('the sentence of a run that succeeded', () => {
  it('sums up a success', () => {
    expect(sentence(shortStory())).toBe(
      'succeeded in 1.4 s: 2 steps, 1 model call, 130 ms waiting in queues',
    );
  });

  it('mentions retries, effects and lost workers of a success', () => {
    const [first, second] = [step('a', 0), step('a', 1)];
    const events = [
      accepted(),
      first.queued(0),
      first.claimed(0),
      first.retried(100, timeout),
      second.claimed(200, 2),
      second.claimed(300, 3, 2),
      second.called(400, 'effect:x', 'effect', 50, 3),
      second.succeeded(500, 3),
      succeeded(600),
    ];
    expect(sentence(events)).toBe(
      'succeeded in 600 ms: 1 step, 1 retry, 1 effect, 0 ms waiting in queues; a worker was lost once',
    );
  });

  it('tells an effect that a fork took over from one that it performed', () => {
    const [first, second] = [step('a', 0), step('b', 0)];
    const taken = first.called(300, 'open-ticket', 'effect', 0);
    const events = [
      accepted(),
      first.claimed(0),
      { ...taken, data: { ...(taken.data as object), reusedFrom: 'r0' } },
      first.succeeded(310),
      second.claimed(320),
      second.called(400, 'open-ticket', 'effect', 50),
      second.succeeded(500),
      succeeded(600),
    ];
    expect(sentence(events)).toContain('2 steps, 2 effects (1 reused), ');
  });

  it('counts an effect once that a lost worker had begun before', () => {
    const only = step('a', 0);
    const events = [
      accepted(),
      only.claimed(0, 1),
      only.callStarted(10, 'open-ticket', 'effect', 1),
      only.claimed(300, 2, 2),
      only.called(400, 'open-ticket', 'effect', 50, 2),
      only.succeeded(500, 2),
      succeeded(600),
    ];
    expect(sentence(events)).toBe(
      'succeeded in 600 ms: 1 step, 1 effect, 0 ms waiting in queues; a worker was lost once',
    );
  });
});

describe('the sentence of a run that did not succeed', () => {
  it('names the step, the code and the attempts of a failure', () => {
    const [first, second] = [step('answer', 0), step('answer', 1)];
    const events = [
      accepted(),
      first.claimed(0),
      first.retried(100, timeout),
      second.claimed(200),
      second.failed(300, timeout),
      failedWith(400, 'Agent.Retryable', '{"code":"TIMEOUT"}'),
    ];
    expect(sentence(events)).toBe('failed at answer: TIMEOUT after 2 attempts (overran its 60 s)');
  });

  it('does not blame a step whose failure was caught', () => {
    const caught = step('answer');
    const events = [
      accepted(),
      caught.claimed(0),
      caught.failed(100, failure('OUTPUT_INVALID', 'Agent.OutputInvalid')),
    ];
    expect(sentence([...events, succeeded(200)])).toContain('1 step (1 failed)');
    expect(sentence([...events, failedWith(2300, 'NoAnswer', 'the docs do not say')])).toBe(
      'failed after 2.3 s: NoAnswer (the docs do not say)',
    );
  });

  it('reads the cause of a failure that no step recorded, and blames none for it', () => {
    const [answered, caught] = [step('answer'), step('search')];
    const before = [
      accepted(),
      answered.claimed(0),
      answered.succeeded(50),
      caught.claimed(60),
      caught.failed(100, failure('TERMINAL', 'Agent.Terminal', 'nothing found')),
    ];
    const refused = (error: string, code: string, message: string) =>
      failedWith(2300, error, JSON.stringify({ code, message, retryable: false }));
    expect(sentence([...before, refused('Agent.PathReused', 'PATH_REUSED', 'used before')])).toBe(
      'failed after 2.3 s: PATH_REUSED (used before)',
    );
    expect(sentence([...before, refused('Agent.Terminal', 'TERMINAL', 'not a message')])).toBe(
      'failed after 2.3 s: TERMINAL (not a message)',
    );
    expect(sentence([...before, refused('Agent.Terminal', 'TERMINAL', 'nothing found')])).toBe(
      'failed at search: TERMINAL (nothing found)',
    );
  });

  it('counts every worker of a step that was started too often', () => {
    const s = step('answer');
    const events = [
      accepted(),
      ...[1, 2, 3].map((start) => s.claimed(start * 1000, start, start)),
      s.failed(9000, failure('DEAD_LETTERED', 'Agent.DeadLettered', 'started 3 times'), 4),
      failedWith(9100, 'Agent.DeadLettered'),
    ];
    expect(sentence(events)).toBe(
      'failed at answer: DEAD_LETTERED (started 3 times); a worker was lost 3 times',
    );
  });

  it('says where a run was when its time was over', () => {
    const end = told('signalbox.run.expired', 120_000, {
      durationMs: 120_000,
      error: 'States.Timeout',
      cause: '',
    });
    expect(sentence([accepted(), step('answer').claimed(10), end])).toBe(
      'expired at answer after 2 min 00 s: States.Timeout',
    );
  });
});

describe('the sentence of a run that goes on', () => {
  it('says what a run is doing', () => {
    const [first, second] = [step('answer', 0), step('answer', 1)];
    const begun = [accepted(), first.claimed(0), first.retried(900, timeout)];
    expect(sentence([accepted()], 300)).toBe('accepted 300 ms ago: not begun yet');
    expect(sentence([accepted(), started(5)], 2000)).toBe('running for 2.0 s: no step has begun');
    expect(sentence([accepted(), first.queued(0)], 2000)).toBe(
      'running: answer waiting in its queue for 2.0 s',
    );
    expect(sentence(begun, 1000)).toBe(
      'running: answer failed with TIMEOUT and will be tried again',
    );
    expect(sentence([...begun, second.claimed(1000, 2), second.claimed(2000, 3, 2)], 4000)).toBe(
      'running: answer, attempt 2, for 3.0 s; a worker was lost once',
    );
    expect(sentence([accepted(), first.claimed(0), first.succeeded(100)], 200)).toBe(
      'running for 200 ms: between steps, after answer',
    );
  });

  it('names three of many running steps', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((path) => step(path).claimed(0));
    expect(sentence([accepted(), ...many], 1000)).toBe(
      'running: a for 1.0 s, b for 1.0 s, c for 1.0 s and 2 more',
    );
  });
});

describe('messages in a sentence', () => {
  it('are cut and put on one line', () => {
    const s = step('answer');
    const why = failure('TERMINAL', 'Agent.Terminal', `line one\nline two ${'x'.repeat(500)}`);
    const text = sentence([
      accepted(),
      s.claimed(0),
      s.failed(1, why),
      failedWith(2, 'Agent.Terminal'),
    ]);
    expect(text).toMatch(/^failed at answer: TERMINAL \(line one line two x+…\)$/);
    expect(text?.length).toBeLessThan(200);
  });
});

describe('the sentence of a run of reactions', () => {
  const reactive = (event: SignalboxEvent): SignalboxEvent => ({ ...event, origin: 'e1', hops: 1 });
  const search = step('search@0', 0);

  it('says since when it hears of nothing: it waits for events, or for a queue', () => {
    const events = [accepted(), ...[search.claimed(0), search.succeeded(100)].map(reactive)];
    expect(sentence(events, 6000)).toBe('running for 6.0 s: nothing has begun since search@0');
  });

  it('names the reaction that it failed with, whatever failed after that one', () => {
    const [crash, other] = [
      failure('TERMINAL', 'Agent.Terminal', 'no such town'),
      step('rate@0', 0),
    ];
    const cause = { path: 'search@0', code: 'TERMINAL', message: 'no such town' };
    const events = [
      accepted(),
      ...[search.claimed(0), search.failed(100, crash)].map(reactive),
      ...[other.claimed(0), other.failed(200, timeout)].map(reactive),
      failedWith(60_000, 'Agent.ReactionFailed', JSON.stringify(cause)),
    ];
    expect(sentence(events)).toBe('failed at search@0: TERMINAL (no such town)');
  });
});
