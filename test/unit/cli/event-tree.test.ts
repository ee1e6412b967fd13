import { describe, expect, test } from 'vitest';
import { treeLines } from '../../../cli/draw/event-tree.ts';
import { noPaint } from '../../../cli/draw/paint.ts';
import { widthOf } from '../../../cli/draw/text.ts';
import { eventTree } from '../../../runtime/client/event-tree.ts';
import { accepted, failure, shortStory, started, step, told } from '../../support/story.ts';

const draw = (events: Parameters<typeof eventTree>[0], width = 80): string[] =>
  treeLines(eventTree(events), { width, paint: noPaint });

describe('treeLines', () => {
  test('draws each event below the one that caused it, with time, step and details', () => {
    expect(draw(shortStory())).toEqual([
      '00:00:00.000  run.accepted',
      '00:00:00.050  └ run.started',
      '00:00:00.060    └ step.queued  intent',
      '00:00:00.100      └ step.started  intent',
      '00:00:00.300        └ step.succeeded  intent  1 ms',
      '00:00:00.310          └ step.queued  answer',
      '00:00:00.400            └ step.started  answer',
      '00:00:01.200              ├ call.succeeded  answer  model model:answer · 700 ms',
      '00:00:01.300              └ step.succeeded  answer  1 ms',
      '00:00:01.400                └ run.succeeded  1.4 s since run.started',
    ]);
  });

  test('leads lines past what stands between siblings', () => {
    const [one, other] = [step('read[0]/page'), step('read[1]/page')];
    const events = [accepted(), started(1), one.queued(2), one.claimed(3), other.queued(4)];
    expect(draw(events)).toEqual([
      '00:00:00.000  run.accepted',
      '00:00:00.001  └ run.started',
      '00:00:00.002    ├ step.queued  read[0]/page',
      '00:00:00.003    │ └ step.started  read[0]/page',
      '00:00:00.004    └ step.queued  read[1]/page',
    ]);
  });

  test('keeps details within the width, and control characters out', () => {
    const answer = step('answer');
    const why = failure('TIMEOUT', 'Agent.Retryable', `\u001b[2J${'much to say '.repeat(20)}`);
    const lines = draw([answer.claimed(0), answer.retried(10, why)], 60);
    expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(60);
    expect(lines[1]).toMatch(/step\.retried {2}answer {2}1 ms · TIMEOUT: much .*…$/);
  });

  test('draws nothing of nothing, and a domain event with its data', () => {
    expect(draw([])).toEqual([]);
    const event = told('signalbox.run.started', 0, {});
    expect(draw([{ ...event, type: 'listings.found', data: { count: 3 } }])).toEqual([
      '00:00:00.000  listings.found  {"count":3}',
    ]);
  });
});
