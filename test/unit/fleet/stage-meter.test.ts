import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { sampleOf } from '#runtime/core/stage-meter.ts';
import {
  accepted,
  failedWith,
  failure,
  RUN,
  step,
  succeeded,
  T0,
  told,
} from '../../support/story.ts';

const sample = (events: readonly SignalboxEvent[]) =>
  sampleOf({
    id: 'shard:1',
    consumer: 'project-events',
    atMs: T0 + 9000,
    oldestMs: T0 + 8000,
    events,
  });

const first = (path: string, waitMs: number) =>
  told(
    'signalbox.step.started',
    waitMs,
    { agent: 'do-it', start: 1, waitMs },
    { path, attempt: '0.0', fence: 1 },
  );

const nothing = {
  workflow: 'support',
  agent: 'do-it',
  arrived: 0,
  oldestWaitMs: 0,
  waitMs: 0,
  ended: 0,
  runMs: 0,
  deferred: 0,
};

describe('sampleOf', () => {
  it('counts first starts with their waits: the longest, and the sum', () => {
    expect(sample([first('a', 100), first('b', 700), first('c', 200)]).stages).toEqual([
      { ...nothing, arrived: 3, oldestWaitMs: 700, waitMs: 1000 },
    ]);
  });

  it('M2: does not count the start of a step that was put off, or whose first worker was lost', () => {
    const { deferred, claimed } = step('it');
    expect(sample([deferred(100), claimed(900, 2)]).stages).toEqual([{ ...nothing, deferred: 1 }]);
  });

  it('counts attempts however they ended, also those that are tried again', () => {
    const timeout = failure('TIMEOUT', 'Agent.Retryable');
    const { retried } = step('it');
    const { succeeded: done, stopped } = step('it', 1);
    expect(sample([retried(10, timeout), done(20), stopped(30)]).stages).toEqual([
      { ...nothing, ended: 3, runMs: 3 },
    ]);
  });

  it('keeps agents, and workflows with the same agent, apart', () => {
    const other = { ...step('it').succeeded(30), id: 'other', workflow: 'other' };
    const { stages } = sample([step('it').succeeded(10), step('that').succeeded(20), other]);
    expect(stages.map(({ workflow, agent, ended }) => [workflow, agent, ended])).toEqual([
      ['support', 'do-it', 1],
      ['support', 'do-that', 1],
      ['other', 'do-it', 1],
    ]);
  });

  it('counts runs: accepted, succeeded with their durations, ended otherwise', () => {
    const failed = { ...failedWith(700, 'Agent.Terminal'), run: `${RUN}-2` };
    expect(sample([accepted(), succeeded(1500), failed]).runs).toEqual([
      { workflow: 'support', accepted: 1, succeeded: 1, endedOtherwise: 1, durationMs: 1500 },
    ]);
  });

  it('M1: counts an event once, however often it is in the batch', () => {
    const once = [first('a', 100), accepted(), step('it').succeeded(5)];
    const { stages, runs } = sample([...once, ...once]);
    expect({ stages, runs }).toEqual({ stages: sample(once).stages, runs: sample(once).runs });
  });

  it('says how long the oldest record had lain in the stream, and never less than nothing', () => {
    expect(sample([]).lagMs).toBe(1000);
    const ahead = { id: 'a', consumer: 'c', atMs: T0, oldestMs: T0 + 50, events: [] };
    expect(sampleOf(ahead).lagMs).toBe(0);
  });

  it('counts domain events as events, and nothing else', () => {
    const domain = { ...accepted(), id: 'd', type: 'lead.scored' };
    expect(sample([domain])).toMatchObject({ events: 1, stages: [], runs: [] });
  });
});
