import { describe, expect, it } from 'vitest';
import { eventLine, isRestart, subjectWidth } from '../../../cli/draw/events.ts';
import { noPaint, type Paint } from '../../../cli/draw/paint.ts';
import { widthOf } from '../../../cli/draw/text.ts';
import { event } from './fixtures.ts';

const line = (type: string, data: unknown, over = {}, width = 110): string =>
  eventLine(event(type, { subject: 'handoff', data, ...over }), {
    width,
    paint: noPaint,
    names: 8,
  });

describe('eventLine', () => {
  it.each([
    ['signalbox.step.queued', { agent: 'open-ticket', attempt: 1 }, 'step.queued'],
    ['signalbox.step.started', { agent: 'open-ticket', start: 1 }, 'step.started'],
    [
      'signalbox.step.started',
      { agent: 'open-ticket', start: 2 },
      'step.started      ↻ start 2: the worker before was lost',
    ],
    [
      'signalbox.call.succeeded',
      {
        call: 'summary',
        kind: 'model',
        durationMs: 420,
        model: 'extractive',
        usage: { inputTokens: 210, outputTokens: 33 },
        usd: 0.000_42,
      },
      'call.succeeded    model summary · 420 ms · 210 + 33 tokens · $0.00042 · extractive',
    ],
    [
      'signalbox.reaction.dropped',
      { rule: 'plan', why: 'not-begun', events: ['e1'], message: 'it still waited at the end' },
      'reaction.dropped  not-begun: it still waited at the end',
    ],
    [
      'signalbox.call.uncertain',
      { call: 'open-ticket', kind: 'effect', policy: 'reconcile' },
      'call.uncertain    effect open-ticket · policy reconcile',
    ],
    [
      'signalbox.budget.exhausted',
      { call: 'summary', limit: { usd: 0.01 } },
      'budget.exhausted  summary',
    ],
    [
      'signalbox.step.failed',
      {
        agent: 'open-ticket',
        durationMs: 60_000,
        failure: { code: 'TIMEOUT', message: 'over 60 s' },
      },
      'step.failed       1 min 00 s · TIMEOUT: over 60 s',
    ],
    ['signalbox.run.succeeded', { durationMs: 1400 }, 'run.succeeded     1.4 s since run.started'],
    [
      'signalbox.dead_letter.parked',
      { deadLetter: 'd1', agent: 'open-ticket', code: 'MALFORMED', cause: 'not JSON' },
      'dead_letter.parked  MALFORMED: not JSON',
    ],
    ['ticket.opened', { ticketId: 'T-1' }, 'ticket.opened     {"ticketId":"T-1"}'],
  ])('says of %s with %j what is worth knowing', (type, data, text) => {
    expect(line(type, data)).toBe(`12:00:00.000  handoff   ${text}`);
  });

  it('says why a run failed', () => {
    const data = { durationMs: 900, error: 'Agent.Terminal', cause: 'no\nhelpdesk' };
    expect(line('signalbox.run.failed', data, { subject: undefined })).toBe(
      '12:00:00.000            run.failed        900 ms since run.started · Agent.Terminal: no helpdesk',
    );
  });

  it('is cut to the width of the screen', () => {
    const long = line('ticket.opened', { text: 'x'.repeat(200) }, {}, 80);
    expect(widthOf(long)).toBe(80);
    expect(long).toMatch(/…$/);
  });

  it('marks a restart in a color of its own', () => {
    const marks: Paint = (tone, text) => `<${tone}:${text}>`;
    const restart = event('signalbox.step.started', { data: { agent: 'a', start: 2 } });
    expect(isRestart(restart)).toBe(true);
    expect(eventLine(restart, { width: 100, paint: marks, names: 8 })).toContain(
      '<yellow:↻ start 2',
    );
    expect(isRestart(event('signalbox.step.started', { data: { agent: 'a', start: 1 } }))).toBe(
      false,
    );
  });
});

describe('subjectWidth', () => {
  it('is that of the widest step path', () => {
    expect(subjectWidth([])).toBe(8);
    expect(subjectWidth([event('a.b', { subject: 'refine@2/reflect' })])).toBe(16);
  });
});
