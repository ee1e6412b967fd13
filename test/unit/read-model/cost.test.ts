/** What runs cost, summed from the events of their calls. */
import { describe, expect, it } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { diffRuns } from '#runtime/core/diff-runs.ts';
import { runViewOf } from '#runtime/core/run-view.ts';
import { traceOf } from '#runtime/core/trace.ts';
import { accepted, resumed, started, step, succeeded, T0, told } from '../../support/story.ts';

const NOW_MS = T0 + 60_000;
const MODEL = { call: 'ask', kind: 'model', durationMs: 50 } as const;
const usage = { inputTokens: 100, outputTokens: 20 };

/** A step that asks its model once per attempt; every attempt but the last fails. */
function asking(path: string, costs: readonly (number | undefined)[], gen = 0): SignalboxEvent[] {
  return costs.flatMap((usd, retry) => {
    const own = step(path, retry, gen);
    const atMs = 100 + gen * 1000 + retry * 10;
    const place = { path, attempt: `0.${retry}`, fence: retry + 1, gen };
    const cost = { usage, ...(usd !== undefined && { usd }) };
    const isLast = retry === costs.length - 1;
    const misfit = { code: 'MODEL_OUTPUT_INVALID', message: 'no' };
    return [
      own.queued(atMs),
      own.claimed(atMs + 1),
      ...(isLast
        ? [
            told('signalbox.call.succeeded', atMs + 5, { ...MODEL, ...cost }, place),
            own.succeeded(atMs + 6),
          ]
        : [
            told('signalbox.call.failed', atMs + 5, { ...MODEL, ...cost, ...misfit }, place),
            own.retried(atMs + 6, {
              ...misfit,
              name: 'Agent.Retryable',
              retryable: true,
              fingerprint: 'f',
            }),
          ]),
    ];
  });
}

const run = (...steps: readonly (readonly SignalboxEvent[])[]) => [
  accepted(),
  started(1),
  ...steps.flat(),
  succeeded(900),
];

describe('the cost of a run', () => {
  it('is that of all replies, those that did not fit among them', () => {
    const view = runViewOf(run(asking('first', [0.002]), asking('second', [0.001, 0.003])), NOW_MS);
    expect(view).toMatchObject({ usd: 0.006, usage: { inputTokens: 300, outputTokens: 60 } });
    expect(view?.steps).toMatchObject([
      { path: 'first', usd: 0.002, usage },
      { path: 'second', usd: 0.004, usage: { inputTokens: 200, outputTokens: 40 } },
    ]);
  });

  it('is of tokens alone where no price is known', () => {
    const view = runViewOf(run(asking('first', [undefined])), NOW_MS);
    expect(view).toMatchObject({ usage });
    expect(view).not.toHaveProperty('usd');
  });

  it('is absent where no model was asked', () => {
    const view = runViewOf(run([]), NOW_MS);
    expect(view).not.toHaveProperty('usage');
    expect(view).not.toHaveProperty('usd');
  });

  it('goes on over generations; the sentence tells that of the newest one', () => {
    const events = [
      accepted(),
      started(1),
      ...asking('first', [0.002]),
      resumed(500, 1),
      ...asking('second', [0.001], 1),
      told('signalbox.run.succeeded', 2000, { durationMs: 1500, output: {} }, { gen: 1 }),
    ];
    const view = runViewOf(events, NOW_MS);
    expect(view?.usd).toBe(0.003);
    expect(view?.sentence).toContain('1 model call ($0.0010)');
  });

  it('is in the trace, call by call', () => {
    const trace = traceOf(run(asking('second', [0.001, 0.003])), NOW_MS);
    expect(trace?.spans.map(({ calls }) => calls.map(({ usd }) => usd))).toEqual([
      [0.001],
      [0.003],
    ]);
  });

  it('stands in a diff, and is no difference', () => {
    const [cheap, dear] = [run(asking('first', [0.002])), run(asking('first', [0.008]))];
    const diff = diffRuns(cheap, dear, { sameInput: true, nowMs: NOW_MS });
    expect(diff).toMatchObject({
      divergence: null,
      a: { usd: 0.002, tokens: usage },
      b: { usd: 0.008, tokens: usage },
      steps: [{ a: { usd: 0.002, calls: [{ usd: 0.002 }] }, b: { usd: 0.008 } }],
    });
  });
});
