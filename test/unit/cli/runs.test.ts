import { describe, expect, it } from 'vitest';
import type { RunView } from '../../../runtime/contracts/api.ts';
import type { Answer, Received } from './fake-api.ts';
import { event, run, step } from './fixtures.ts';
import { lastPage, signalbox } from './runs-command-line.ts';

describe('list', () => {
  it('passes the filters on and draws a table', async () => {
    const argv = [
      'runs',
      'list',
      '--workflow',
      'support',
      '--status',
      'failed',
      '--tag',
      'customer:c-1',
      '--limit',
      '5',
    ];
    const { out, received } = await signalbox(argv, () => ({
      body: { runs: [run()], next: 'abc' },
    }));
    expect(received[0]?.path).toBe(
      '/runs?workflow=support&status=failed&tag=customer%3Ac-1&limit=5',
    );
    expect(out.split('\n')).toEqual([
      'run  workflow  status     accepted (UTC)        took  tags',
      'r1   support   succeeded  2026-11-24 12:00:00  1.5 s  customer=c-1',
      'more: --cursor abc',
      '',
    ]);
  });

  it('prints the page as JSON', async () => {
    const { out } = await signalbox(['runs', 'list', '--json'], () => ({ body: { runs: [] } }));
    expect(JSON.parse(out)).toEqual({ runs: [] });
  });
});

describe('watch', () => {
  /** The run after each page of events: the second step starts, is lost with its worker, ends. */
  const states: readonly RunView[] = [
    run({
      status: 'running',
      steps: [step('intent'), step('handoff', { status: 'running', runMs: 0 })],
    }),
    run({
      status: 'running',
      steps: [
        step('intent'),
        step('handoff', { status: 'running', runMs: 0, starts: 2, lostWorkers: 1 }),
      ],
    }),
    run({ steps: [step('intent'), step('handoff', { starts: 2, lostWorkers: 1, runMs: 31_000 })] }),
  ];
  const replay = () => {
    let seen = -1;
    return ({ path }: Received): Answer => {
      if (!path.includes('/events')) return { body: states[seen] };
      seen += 1;
      return { body: { events: [event('signalbox.step.started')], next: `p${seen}`, more: false } };
    };
  };

  it('prints a line for every change where it cannot draw over', async () => {
    const { out, exitCode, received } = await signalbox(['watch', 'r1'], replay());
    expect(out.split('\n').slice(0, 5)).toEqual([
      '✓  intent    succeeded       200 ms  queue 10 ms',
      '●  handoff   running                 queue 10 ms',
      '●  handoff   running                 queue 10 ms · 1 worker lost',
      '✓  handoff   succeeded       31.0 s  queue 10 ms · 1 worker lost',
      '✓  succeeded in 1.5 s: 1 step',
    ]);
    expect(exitCode).toBe(0);
    expect(received.map(({ path }) => path).filter((path) => path.includes('events'))).toEqual([
      '/runs/r1/events',
      '/runs/r1/events?after=p0&wait=20',
      '/runs/r1/events?after=p1&wait=20',
    ]);
  });

  it('prints one JSON line per change, the run last', async () => {
    const { out } = await signalbox(['watch', 'r1', '--json'], replay());
    const lines = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.step?.path ?? line.id)).toEqual([
      'intent',
      'handoff',
      'handoff',
      'handoff',
      'r1',
    ]);
  });

  it('draws over the lines before in a terminal', async () => {
    const { out } = await signalbox(['watch', 'r1'], replay(), { isTerminal: true });
    const pictures = out.split('\r\u001b[J').slice(1);
    expect(pictures.length).toBeGreaterThanOrEqual(4);
    expect(pictures.at(-2)).toContain('✓  handoff   succeeded');
    // Every picture ends with going up over its own three lines, but for the last one, which stays.
    expect(pictures.slice(0, -1).every((picture) => picture.endsWith('\u001b[3A'))).toBe(true);
    expect(pictures.at(-1)).toMatch(/^✓ {2}intent.*\n✓ {2}handoff.*\n✓ {2}succeeded in 1\.5 s/);
  });
});

describe('events', () => {
  it('reads page after page and prints a line for each event', async () => {
    const pages = [
      {
        events: [event('signalbox.run.accepted', { time: '2026-11-24T12:00:00.001Z' })],
        next: 'p1',
        more: true,
      },
      {
        events: [event('ticket.opened', { subject: 'handoff', data: { ticketId: 'T-1' } })],
        next: 'p2',
        more: false,
      },
    ];
    const { out, received } = await signalbox(['runs', 'events', 'r1'], ({ path }) => ({
      body: pages[path.includes('after=p1') ? 1 : 0],
    }));
    expect(out.split('\n')).toEqual([
      '12:00:00.001            run.accepted',
      '12:00:00.000  handoff   ticket.opened     {"ticketId":"T-1"}',
      '',
    ]);
    expect(received.map(({ path }) => path)).toEqual([
      '/runs/r1/events',
      '/runs/r1/events?after=p1',
    ]);
  });

  const twoPages = ({ path }: { readonly path: string }) => ({
    body: path.includes('after=p1')
      ? { events: [event('signalbox.run.started')], next: 'p2', more: false }
      : { events: [event('signalbox.run.accepted')], next: 'p1', more: true },
  });

  it('draws the tree of all pages, each event below its cause', async () => {
    const { out } = await signalbox(['runs', 'events', 'r1', '--tree'], twoPages);
    expect(out.split('\n')).toEqual([
      '12:00:00.000  run.accepted',
      '12:00:00.000  └ run.started',
      '',
    ]);
  });

  it('gives the tree as one JSON document', async () => {
    const { out } = await signalbox(['runs', 'events', 'r1', '--tree', '--json'], twoPages);
    expect(JSON.parse(out)).toMatchObject([
      {
        event: { type: 'signalbox.run.accepted' },
        caused: [{ event: { type: 'signalbox.run.started' }, caused: [] }],
      },
    ]);
  });

  it('follows until the run ends and prints JSON lines', async () => {
    const { out, received } = await signalbox(
      ['runs', 'events', 'r1', '--follow', '--json'],
      ({ path }) => ({
        body: !path.includes('events')
          ? run()
          : path.includes('after')
            ? lastPage
            : { events: [event('signalbox.run.accepted')], next: 'p0', more: false },
      }),
    );
    const types = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(['signalbox.run.accepted', 'signalbox.run.succeeded']);
    expect(received.map(({ path }) => path).slice(1)).toEqual([
      '/runs/r1/events?after=p0&wait=20',
      '/runs/r1',
    ]);
  });
});

describe('show and trace', () => {
  it('shows what a step without a success had to show', async () => {
    const partial = { text: 'one\ntwo' };
    const { output: _none, ...unfinished } = run({
      status: 'running',
      steps: [
        step('write', { status: 'running', partial }),
        step('list', { status: 'running', partial: { value: { found: 1 } } }),
      ],
    });
    const { out } = await signalbox(['runs', 'show', 'r1'], () => ({ body: unfinished }));
    const lines = ['so far at write', 'one', 'two', '', 'so far at list', '{', '  "found": 1', '}'];
    expect(out).toContain(`\n\n${lines.join('\n')}\n`);
  });

  it('shows sentence, steps, facts and output of a run', async () => {
    const { out } = await signalbox(['runs', 'show', 'r1'], () => ({ body: run() }));
    expect(out.split('\n')).toEqual([
      '✓  intent    succeeded       200 ms  queue 10 ms',
      '✓  succeeded in 1.5 s: 1 step',
      '',
      'run       r1',
      'workflow  support',
      'status    succeeded',
      'accepted  2026-11-24 12:00:00 UTC',
      'ended     2026-11-24 12:00:01 UTC',
      'deadline  2026-11-24 12:05:00 UTC',
      'tags      customer=c-1',
      '',
      'output',
      '{',
      '  "answer": "yes"',
      '}',
      '',
    ]);
  });

  it('draws a trace under its sentence', async () => {
    const trace = {
      run: 'r1',
      gen: 0,
      generations: [{ gen: 0, status: 'succeeded', acceptedAt: '2026-11-24T12:00:00.000Z' }],
      sentence: 'succeeded in 1.0 s',
      status: 'succeeded',
      startedAt: '2026-11-24T12:00:00.000Z',
      totalMs: 1_000,
      spans: [],
    };
    const { out } = await signalbox(['trace', 'r1'], () => ({ body: trace }));
    expect(out.split('\n').slice(0, 2)).toEqual(['succeeded in 1.0 s', '']);
    const { out: json } = await signalbox(['trace', 'r1', '--json'], () => ({ body: trace }));
    expect(JSON.parse(json)).toEqual(trace);
  });
});
