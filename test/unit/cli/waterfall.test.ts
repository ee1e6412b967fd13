import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noPaint, type Paint } from '../../../cli/draw/paint.ts';
import { widthOf } from '../../../cli/draw/text.ts';
import { waterfall } from '../../../cli/draw/waterfall.ts';
import type { Trace, TraceSpan } from '../../../runtime/contracts/api.ts';

const T0 = Date.parse('2026-11-24T12:00:00.000Z');
const at = (ms: number): string => new Date(T0 + ms).toISOString();

const span = (over: Partial<TraceSpan> & Pick<TraceSpan, 'path'>): TraceSpan => ({
  agent: `${over.path}-agent`,
  attempt: 1,
  starts: 1,
  status: 'succeeded',
  queuedAt: at(0),
  queuedMs: 0,
  deferredMs: 0,
  modelMs: 0,
  effectMs: 0,
  ownMs: 0,
  lostMs: 0,
  deferrals: [],
  calls: [],
  ...over,
});

const trace = (totalMs: number, spans: readonly TraceSpan[]): Trace => ({
  run: 'r1',
  gen: 0,
  generations: [{ gen: 0, status: 'succeeded', acceptedAt: at(0) }],
  sentence: 'succeeded in 1.0 s',
  status: 'succeeded',
  startedAt: at(0),
  endedAt: at(totalMs),
  totalMs,
  spans,
});

const support = trace(1_000, [
  span({
    path: 'intent',
    queuedAt: at(0),
    startedAt: at(100),
    endedAt: at(500),
    queuedMs: 100,
    modelMs: 300,
    ownMs: 100,
    calls: [
      { call: 'intent', kind: 'model', status: 'succeeded', startedAt: at(150), durationMs: 300 },
    ],
  }),
  span({
    path: 'handoff',
    queuedAt: at(500),
    startedAt: at(600),
    endedAt: at(1_000),
    queuedMs: 100,
    modelMs: 200,
    effectMs: 100,
    ownMs: 100,
    calls: [
      { call: 'summary', kind: 'model', status: 'succeeded', startedAt: at(650), durationMs: 200 },
      { call: 'ticket', kind: 'effect', status: 'succeeded', startedAt: at(850), durationMs: 100 },
    ],
  }),
]);

const draw = (t: Trace, width: number, paint: Paint = noPaint): string[] =>
  waterfall(t, { width, paint });

describe('waterfall', () => {
  it('draws each attempt to scale, its kinds of time apart, over a legend with their sums', () => {
    expect(draw(support, 84)).toEqual([
      '            0                                                     1.0 s',
      '✓  intent   ·····▒▒▒███████████████████▒▒▒                                    500 ms',
      '✓  handoff                               ······▒▒▒████████████◆◆◆◆◆◆▒▒▒       500 ms',
      '            · queue 200 ms   █ model 500 ms   ◆ effect 100 ms   ▒ own 200 ms',
    ]);
  });

  it('puts the legend on further lines where one does not fit', () => {
    expect(draw(support, 44)).toEqual([
      '            0             1.0 s',
      '✓  intent   ·▒███████▒                500 ms',
      '✓  handoff           ··▒████◆◆▒       500 ms',
      '   · queue 200 ms   █ model 500 ms',
      '   ◆ effect 100 ms   ▒ own 200 ms',
    ]);
  });
});

describe('waterfall invariants', () => {
  it('W1: is never wider than the screen', () => {
    const longName = span({ path: 'refine@2/search[3]/read_the_whole_page', attempt: 2 });
    const spans = [longName, ...support.spans];
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: 200 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        (width, totalMs) => {
          for (const line of draw(trace(totalMs, spans), width)) {
            expect(widthOf(line)).toBeLessThanOrEqual(width);
          }
        },
      ),
    );
  });

  it('W2: shows a call that is far shorter than a cell', () => {
    const short = span({
      path: 'handoff',
      startedAt: at(0),
      endedAt: at(60_000),
      effectMs: 2,
      ownMs: 59_998,
      calls: [
        {
          call: 'ticket',
          kind: 'effect',
          status: 'succeeded',
          startedAt: at(59_999),
          durationMs: 1,
        },
      ],
    });
    expect(draw(trace(60_000, [short]), 60)[1]).toMatch(/▒◆ /);
  });

  it('W3: colours each kind apart and keeps its glyph', () => {
    const marks: Paint = (tone, text) => `<${tone}:${text}>`;
    const [, , handoff] = draw(support, 64, marks);
    expect(handoff).toContain('<yellow:····><green:▒▒><magenta:████████><blue:◆◆◆◆><green:▒▒>');
  });

  it('names a further attempt, and goes on to now while a step still waits or runs', () => {
    const waiting = span({
      path: 'answer',
      attempt: 2,
      status: 'queued',
      queuedAt: at(500),
      queuedMs: 500,
    });
    expect(draw(trace(1_000, [waiting]), 60)[1]).toBe(
      `○  answer (try 2)  ${' '.repeat(14)}${'·'.repeat(14)}       500 ms`,
    );
  });

  it('draws apart what was lost with a worker, without the calls that it had recorded', () => {
    const lost = span({
      path: 'handoff',
      starts: 2,
      startedAt: at(0),
      endedAt: at(36_000),
      modelMs: 4_000,
      ownMs: 32_000,
      lostMs: 28_000,
      calls: [
        {
          call: 'summary',
          kind: 'model',
          status: 'succeeded',
          startedAt: at(2_000),
          durationMs: 4_000,
        },
        { call: 'ticket', kind: 'effect', status: 'uncertain', startedAt: at(8_000) },
      ],
    });
    expect(draw(trace(36_000, [lost]), 61)).toEqual([
      '            0                             36.0 s',
      '✓  handoff  ╌╌████╌╌◆╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌▒▒▒▒       36.0 s',
      '   · queue 0 ms   █ model 4.0 s   ◆ effect 0 ms   ▒ own 4.0 s',
      '   ╌ lost 28.0 s',
    ]);
  });

  it('draws a trace without spans as an empty axis', () => {
    expect(draw(trace(0, []), 40)).toHaveLength(3);
  });
});
