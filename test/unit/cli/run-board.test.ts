import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noPaint } from '../../../cli/draw/paint.ts';
import { sentenceLines } from '../../../cli/draw/run.ts';
import type { Io } from '../../../cli/io.ts';
import { watchRun } from '../../../cli/runs/follow.ts';
import { RunBoard } from '../../../cli/runs/run-board.ts';
import { event, run, step } from './fixtures.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function recordingIo(isTerminal: boolean): { readonly io: Io; readonly text: () => string } {
  let out = '';
  const io: Io = {
    env: {},
    cwd: '/nowhere',
    width: 60,
    isTerminal,
    paint: noPaint,
    errorPaint: noPaint,
    out: (chunk) => {
      out += chunk;
    },
    err: () => undefined,
    readStdin: async () => '',
    now: Date.now,
    setExitCode: () => undefined,
  };
  return { io, text: () => out };
}

const running = run({
  status: 'running',
  sentence: 'running at handoff',
  steps: [step('handoff', { status: 'running', runMs: 0 })],
});

describe('RunBoard', () => {
  it('repeats the note now and then where it cannot draw over', () => {
    const { io, text } = recordingIo(false);
    let left = 30;
    const board = new RunBoard(io, () => `${left} s`);
    board.show(running);
    for (; left > 5; left -= 1) vi.advanceTimersByTime(1_000);
    board.end();
    expect(text().split('\n')).toEqual([
      '●  handoff   running                 queue 10 ms',
      '30 s',
      '21 s',
      '11 s',
      '●  running at handoff',
      '',
    ]);
  });

  it('lets the clock of a running step go on at a terminal, and takes the note away at the end', () => {
    const { io, text } = recordingIo(true);
    const board = new RunBoard(io, () => 'waiting');
    board.show(running);
    vi.advanceTimersByTime(2_000);
    const pictures = text().split('\r\u001b[J');
    expect(pictures.at(-1)).toBe(
      '●  handoff   running          2.0 s  queue 10 ms\n●  running at handoff\nwaiting\n',
    );
    board.end();
    vi.advanceTimersByTime(2_000);
    expect(text().split('\r\u001b[J').at(-1)).not.toContain('waiting');
  });
});

describe('watchRun', () => {
  it('ends with the end, when the run ended between the last look and the end of its events', async () => {
    vi.useRealTimers();
    const { io, text } = recordingIo(false);
    const views = [run({ status: 'running', sentence: 'running' })];
    const ended = await watchRun(
      {
        run: async () => views.pop() ?? run(),
        events: async () => ({
          events: [event('signalbox.run.succeeded')],
          next: 'p1',
          more: false,
        }),
      },
      'r1',
      io,
    );
    expect(ended.status).toBe('succeeded');
    expect(text()).toContain('✓  succeeded in 1.5 s: 1 step\n');
  });
});

describe('sentenceLines', () => {
  it('takes as many lines as the sentence needs', () => {
    const sentence = 'succeeded in 34.7 s: 2 steps, 2 model calls; a worker was lost';
    expect(sentenceLines(run({ sentence }), { width: 40, paint: noPaint })).toEqual([
      '✓  succeeded in 34.7 s: 2 steps, 2 model',
      '   calls; a worker was lost',
    ]);
  });
});
