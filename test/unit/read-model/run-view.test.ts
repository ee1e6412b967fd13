import { describe, expect, it } from 'vitest';
import { runViewOf } from '#runtime/core/run-view.ts';
import {
  accepted,
  failedWith,
  failure,
  RUN,
  shortStory,
  started,
  step,
  succeeded,
  T0,
  told,
} from '../../support/story.ts';

const at = (ms: number): string => new Date(T0 + ms).toISOString();

describe('runViewOf', () => {
  it('knows nothing of a run whose acceptance is missing', () => {
    expect(runViewOf([started(1)], T0)).toBeNull();
    expect(runViewOf([], T0)).toBeNull();
  });

  it('shows a run that has ended, with its output and its steps in the order of their begin', () => {
    const view = runViewOf(shortStory(), T0 + 99_000);
    expect(view).toMatchObject({
      id: RUN,
      status: 'succeeded',
      tags: { customer: 'c-1' },
      acceptedAt: at(0),
      startedAt: at(50),
      endedAt: at(1400),
      deadlineAt: at(120_000),
      output: { kind: 'answered' },
    });
    expect(view?.steps.map(({ path, status }) => [path, status])).toEqual([
      ['intent', 'succeeded'],
      ['answer', 'succeeded'],
    ]);
    expect(view?.steps[1]).toMatchObject({ queuedMs: 90, runMs: 900, attempts: 1, starts: 1 });
  });

  it('takes a run for running as soon as it has a step, though the status event is late', () => {
    expect(runViewOf([accepted(), step('intent').queued(5)], T0)?.status).toBe('running');
    expect(runViewOf([accepted()], T0)?.status).toBe('accepted');
  });

  it('lets the end of a run beat a beginning that arrives later', () => {
    expect(runViewOf([accepted(), succeeded(10), started(11)], T0)?.status).toBe('succeeded');
  });

  it('lets a later generation beat the end of an earlier one', () => {
    const again = told('signalbox.run.started', 900, {}, { gen: 1 });
    const view = runViewOf([accepted(), failedWith(500, 'X'), again], T0 + 1000);
    expect(view).toMatchObject({ status: 'running', gen: 1 });
    expect(view).not.toHaveProperty('error');
  });
});

describe('the steps of a run', () => {
  it('sums attempts, and counts claims beyond attempts as lost workers', () => {
    const [first, second] = [step('answer', 0), step('answer', 1)];
    const view = runViewOf(
      [
        accepted(),
        first.queued(0),
        first.claimed(100),
        first.retried(300, failure('TIMEOUT', 'Agent.Retryable')),
        second.queued(0),
        second.claimed(400, 2),
        second.claimed(900, 3, 2),
      ],
      T0 + 1000,
    );
    expect(view?.steps[0]).toMatchObject({
      status: 'running',
      attempts: 2,
      starts: 3,
      queuedMs: 100 + 100,
      runMs: 200 + 600,
    });
    expect(view?.steps[0]).not.toHaveProperty('failure');
  });

  it('shows the last failure while the next attempt is on its way', () => {
    const first = step('answer');
    const why = failure('TIMEOUT', 'Agent.Retryable', 'took 60 s');
    const view = runViewOf([accepted(), first.claimed(0), first.retried(10, why)], T0 + 20);
    expect(view?.steps[0]).toMatchObject({ status: 'queued', failure: why });
  });

  it('has no negative durations when clocks differ', () => {
    const odd = step('intent');
    const view = runViewOf([accepted(), odd.queued(500), odd.claimed(400), odd.succeeded(300)], T0);
    expect(view?.steps[0]).toMatchObject({ queuedMs: 0, runMs: 0 });
  });
});

describe('the end of a run', () => {
  it('shows why a run did not succeed', () => {
    const view = runViewOf([accepted(), failedWith(10, 'Agent.Terminal', 'cause')], T0);
    expect(view?.error).toEqual({ name: 'Agent.Terminal', cause: 'cause' });
    expect(view).not.toHaveProperty('output');
  });

  it('leaves out an output that the status event came without', () => {
    const end = told('signalbox.run.succeeded', 10, { durationMs: 10, output: undefined });
    expect(runViewOf([accepted(), JSON.parse(JSON.stringify(end))], T0)).toMatchObject({
      status: 'succeeded',
    });
  });

  it('ignores domain events and platform events of a newer release', () => {
    const strange = { ...started(20), id: 'x', type: 'signalbox.run.teleported' };
    const domain = { ...started(30), id: 'y', type: 'answer.drafted' };
    expect(runViewOf([...shortStory(), strange, domain], T0)).toEqual(runViewOf(shortStory(), T0));
  });
});
