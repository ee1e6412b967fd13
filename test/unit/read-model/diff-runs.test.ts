import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { diffRuns } from '#runtime/core/diff-runs.ts';
import {
  accepted,
  failedWith,
  shortStory,
  started,
  succeeded,
  T0,
  told,
} from '../../support/story.ts';

const NOW = { sameInput: true, nowMs: T0 + 60_000 };
const diff = (a: readonly SignalboxEvent[], b: readonly SignalboxEvent[]) => diffRuns(a, b, NOW);

interface StepFacts {
  readonly input?: string;
  readonly output?: string;
  readonly request?: string;
  readonly runMs?: number;
  readonly tokens?: number;
}

/** A step with one model call, told by hashes. */
function stepOf(path: string, fromMs: number, facts: StepFacts = {}): readonly SignalboxEvent[] {
  const { input = 'in', output = 'out', request = 'req', runMs = 100, tokens = 10 } = facts;
  const at = { path, fence: 1 };
  const agent = `do-${path}`;
  const call = { call: 'ask', kind: 'model', requestHash: request } as const;
  return [
    told('signalbox.step.queued', fromMs, { agent, attempt: 1, inputHash: input }, { path }),
    told('signalbox.step.started', fromMs + 10, { agent, start: 1 }, at),
    told('signalbox.call.started', fromMs + 20, call, at),
    told(
      'signalbox.call.succeeded',
      fromMs + runMs - 10,
      { ...call, durationMs: 50, usage: { inputTokens: tokens, outputTokens: 1 } },
      at,
    ),
    told(
      'signalbox.step.succeeded',
      fromMs + runMs,
      { agent, durationMs: runMs, outputHash: output },
      at,
    ),
  ];
}

const run = (...steps: readonly (readonly SignalboxEvent[])[]): readonly SignalboxEvent[] => [
  accepted(),
  started(1),
  ...steps.flat(),
  succeeded(9000, { kind: 'answered' }),
];

describe('what two runs did differently', () => {
  it('is nothing of a run and itself', () => {
    const same = diff(shortStory(), shortStory());
    expect(same).toMatchObject({ sameInput: true, sameResult: true, divergence: null });
    expect(same?.steps.map(({ path, differs }) => [path, differs])).toEqual([
      ['intent', []],
      ['answer', []],
    ]);
  });

  it('D1: is not how long it took, nor what it cost', () => {
    const slow = diff(run(stepOf('a', 0)), run(stepOf('a', 0, { runMs: 900, tokens: 99 })));
    expect(slow?.divergence).toBeNull();
    expect(slow?.a.tokens).toEqual({ inputTokens: 10, outputTokens: 1 });
    expect(slow?.steps[0]?.b).toMatchObject({ runMs: 890, tokens: { inputTokens: 99 } });
  });

  it.each([
    ['input', { input: 'else' }],
    ['requests', { request: 'else' }],
    ['result', { output: 'else' }],
  ] as const)('is the %s of a step', (differs, facts) => {
    const found = diff(run(stepOf('a', 0)), run(stepOf('a', 0, facts)));
    expect(found?.steps[0]?.differs).toEqual([differs]);
    expect(found?.divergence).toEqual({ path: 'a', differs });
  });

  it('begins where the runs went apart for the first time', () => {
    const a = run(stepOf('a', 0), stepOf('b', 1000), stepOf('c', 2000));
    const b = run(
      stepOf('a', 0),
      stepOf('b', 1000, { request: 'else', output: 'else' }),
      stepOf('c', 2000, { input: 'else' }),
    );
    expect(diff(a, b)?.divergence).toEqual({ path: 'b', differs: 'requests' });
  });

  it('is a step that only one of them came to, in its place', () => {
    const a = run(stepOf('a', 0), stepOf('d', 3000));
    const b = run(stepOf('a', 0), stepOf('b', 1000), stepOf('c', 2000), stepOf('d', 3000));
    const found = diff(a, b);
    expect(found?.steps.map(({ path }) => path)).toEqual(['a', 'b', 'c', 'd']);
    expect(found?.divergence).toEqual({ path: 'b', differs: 'presence' });
    expect(found?.steps[1]).not.toHaveProperty('a');
  });
});

describe('a diff', () => {
  it('tells another end, once both have ended', () => {
    const whole = run(stepOf('a', 0));
    const failed = [...whole.slice(0, -1), failedWith(9000, 'Agent.Terminal')];
    expect(diff(whole, failed)?.sameResult).toBe(false);
    expect(diff(failed, failed)?.sameResult).toBe(true);
    expect(diff(whole, whole.slice(0, -1))?.sameResult).toBeNull();
    const other = [...whole.slice(0, -1), succeeded(9000, { kind: 'handed-off' })];
    expect(diff(whole, other)?.sameResult).toBe(false);
  });

  it('D1: takes a result that a fork took over for the same', () => {
    const reused = [
      told(
        'signalbox.step.queued',
        0,
        { agent: 'do-a', attempt: 1, inputHash: 'in' },
        { path: 'a' },
      ),
      told(
        'signalbox.step.succeeded',
        5,
        { agent: 'do-a', durationMs: 0, outputHash: 'out', reusedFrom: 'origin' },
        { path: 'a', fence: 1 },
      ),
    ];
    const found = diff(run(stepOf('a', 0)), run(reused));
    expect(found?.divergence).toBeNull();
    expect(found?.steps[0]?.b).toMatchObject({ reusedFrom: 'origin', calls: [] });
  });

  it('is not there for a run whose acceptance is not', () => {
    expect(diff([], shortStory())).toBeNull();
  });

  it('R11: is the same whatever the order and the duplication of the events', () => {
    const a = run(stepOf('a', 0), stepOf('b', 1000));
    const b = run(stepOf('a', 0, { output: 'else' }), stepOf('c', 1000));
    const mixed = (events: readonly SignalboxEvent[]) =>
      fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 });
    fc.assert(
      fc.property(mixed(a), mixed(b), (first, second) => {
        expect(diff(first, second)).toEqual(diff(a, b));
      }),
      { numRuns: 30 },
    );
  });
});
