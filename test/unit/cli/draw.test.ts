import { describe, expect, it } from 'vitest';
import { durationText } from '#runtime/contracts/duration-text.ts';
import { dateTime } from '../../../cli/draw/instant.ts';
import { noPaint, type Paint } from '../../../cli/draw/paint.ts';
import { changedSteps, later, stepLine } from '../../../cli/draw/steps.ts';
import { table } from '../../../cli/draw/table.ts';
import { clean, cut, padStart, widthOf, wrap } from '../../../cli/draw/text.ts';
import type { StepView } from '../../../runtime/contracts/api.ts';

/** Marks colours so that a golden string shows them. */
const marks: Paint = (tone, text) => `<${tone}:${text}>`;

describe('durationText', () => {
  it.each([
    [0, '0 ms'],
    [-3, '0 ms'],
    [420.4, '420 ms'],
    [999.6, '1.0 s'],
    [4_249, '4.2 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 00 s'],
    [65_000, '1 min 05 s'],
    [3_599_600, '1 h 00 min'],
    [7_500_000, '2 h 05 min'],
  ])('%d ms reads "%s"', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it('shows an instant in UTC to the second', () => {
    expect(dateTime('2026-11-24T13:04:05.678Z')).toBe('2026-11-24 13:04:05');
  });
});

describe('text', () => {
  it('takes control characters and escape sequences out of foreign text', () => {
    expect(clean('a\u001b[2Jb\r\n  c\u0007')).toBe('ab c');
  });

  it('cuts to the width given and says so', () => {
    expect(cut('retrieve', 8)).toBe('retrieve');
    expect(cut('retrieve', 5)).toBe('retr…');
  });

  it('does not count colours as width', () => {
    expect(widthOf('\u001b[31mred\u001b[39m')).toBe(3);
    expect(padStart('\u001b[31mred\u001b[39m', 5)).toBe('  \u001b[31mred\u001b[39m');
  });

  it('breaks at spaces and never within a word', () => {
    expect(wrap('one lease at a time', 8)).toEqual(['one', 'lease at', 'a time']);
    expect(wrap('unbreakable', 4)).toEqual(['unbreakable']);
    expect(wrap('', 4)).toEqual([]);
  });
});

describe('table', () => {
  const columns = [
    { title: 'run' },
    { title: 'tags', flexible: true },
    { title: 'ms', align: 'right' as const },
  ];

  it('aligns columns under dimmed titles', () => {
    expect(
      table(
        columns,
        [
          ['r1', 'a=b', '5'],
          ['run-2', '', '120'],
        ],
        { width: 80, paint: noPaint },
      ),
    ).toEqual(['run    tags   ms', 'r1     a=b     5', 'run-2        120']);
    expect(table(columns, [], { width: 80, paint: marks })).toEqual(['<dim:run  tags  ms>']);
  });

  it('shortens flexible columns to the width of the screen', () => {
    const lines = table(columns, [['run-1', 'customer=a-very-long-name', '5']], {
      width: 24,
      paint: noPaint,
    });
    expect(lines).toEqual(['run    tags           ms', 'run-1  customer=a-v…   5']);
    expect(lines.map(widthOf)).toEqual([24, 24]);
  });
});

const step = (over: Partial<StepView>): StepView => ({
  path: 'answer',
  agent: 'answer-question',
  gen: 0,
  status: 'running',
  attempts: 1,
  starts: 1,
  lostWorkers: 0,
  queuedMs: 20,
  deferredMs: 0,
  runMs: 1_340,
  ...over,
});

describe('stepLine', () => {
  const line = (over: Partial<StepView>): string =>
    stepLine(step(over), { names: 8, width: 100, paint: noPaint, isLive: true });

  it('shows path, status, time run and time in the queue', () => {
    expect(line({})).toBe('●  answer    running          1.3 s  queue 20 ms');
    expect(line({ status: 'succeeded', runMs: 420 })).toBe(
      '✓  answer    succeeded       420 ms  queue 20 ms',
    );
    expect(line({ status: 'queued', attempts: 0, starts: 0, queuedMs: 0 })).toBe(
      '○  answer    queued',
    );
  });

  it('tells further tries, lost workers and the failure', () => {
    expect(line({ attempts: 2, starts: 3, lostWorkers: 1 })).toBe(
      '●  answer    running          1.3 s  queue 20 ms · 2 tries · 1 worker lost',
    );
    const failure = {
      code: 'TIMEOUT',
      name: 'Agent.Retryable',
      message: 'over\n60 s',
      retryable: true,
      fingerprint: 'f',
    } as const;
    expect(line({ status: 'failed', failure })).toBe(
      '✗  answer    failed           1.3 s  queue 20 ms · TIMEOUT: over 60 s',
    );
  });

  it('colours glyph and status alike', () => {
    expect(stepLine(step({}), { names: 6, width: 100, paint: marks, isLive: true })).toContain(
      '<cyan:●>  answer  <cyan:running>',
    );
  });
});

describe('later', () => {
  it('moves the clocks of what runs or waits in a queue, and nothing else', () => {
    const steps = [step({}), step({ status: 'queued' }), step({ status: 'succeeded' })];
    expect(later(steps, 500).map(({ queuedMs, runMs }) => [queuedMs, runMs])).toEqual([
      [20, 1_840],
      [520, 1_340],
      [20, 1_340],
    ]);
  });
});

describe('changedSteps', () => {
  it('reports new steps and new states, and not a clock that goes on', () => {
    const before = [step({ path: 'intent', status: 'succeeded' }), step({})];
    const after = [
      step({ path: 'intent', status: 'succeeded' }),
      step({ runMs: 2_000 }),
      step({ path: 'handoff', status: 'queued' }),
    ];
    expect(changedSteps(before, after).map(({ path }) => path)).toEqual(['handoff']);
  });

  it('reports a further start of the same attempt: a worker was lost', () => {
    expect(changedSteps([step({})], [step({ starts: 2 })])).toHaveLength(1);
  });
});
