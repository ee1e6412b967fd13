import { describe, expect, it } from 'vitest';
import type { Io } from '../../../cli/io.ts';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import type { RunView } from '../../../runtime/contracts/api.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { event, run, step } from './fixtures.ts';

const lastPage = {
  events: [event('signalbox.run.succeeded', { data: { durationMs: 1_500 } })],
  next: 'p1',
  more: false,
};

const signalbox = (
  argv: readonly string[],
  answer: (request: Received) => Answer,
  over: Partial<Io> = {},
) =>
  commandLine([registerRuns], argv, answer, {
    width: 100,
    readStdin: async () => '{"query":"from stdin"}',
    now: () => Date.parse('2026-11-24T12:00:00.000Z'),
    ...over,
  });

const INPUT = '{"query":"why?","customerId":"c-1"}';

describe('start', () => {
  it('sends the input with the caller’s key and deadline, and prints the run', async () => {
    const argv = [
      'start',
      'support',
      '--input',
      INPUT,
      '--idempotency-key',
      'k1',
      '--deadline',
      '90s',
    ];
    const { out, exitCode, received } = await signalbox(argv, () => ({
      status: 202,
      body: run({ status: 'accepted' }),
    }));
    expect(out).toBe('run r1 accepted\nnpx signalbox watch r1\n');
    expect(exitCode).toBe(0);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      method: 'POST',
      path: '/workflows/support/runs',
      headers: { 'idempotency-key': 'k1', 'signalbox-deadline': '2026-11-24T12:01:30.000Z' },
    });
    expect(JSON.parse(received[0]?.body ?? '')).toEqual(JSON.parse(INPUT));
  });

  it('reads the input from standard input', async () => {
    const { received } = await signalbox(['runs', 'start', 'support', '--input-file', '-'], () => ({
      body: run(),
    }));
    expect(received[0]?.body).toBe('{"query":"from stdin"}');
  });

  it('says where the line is full, and starts the run when it is its turn', async () => {
    const refusals = [{ stage: 'model:default', retryAfterSeconds: 0, place: 'p' }];
    const { err, received } = await signalbox(['start', 'support', '--input', INPUT], () => {
      const overload = refusals.pop();
      if (!overload) return { status: 202, body: run({ status: 'accepted' }) };
      const type = 'https://signalbox.dev/problems/overloaded';
      return { status: 429, body: { type, detail: 'Work waits', overload } };
    });
    expect(err).toBe('the line is full at model:default: coming back in 0 s\n');
    expect(received.map(({ headers }) => headers['signalbox-place'])).toEqual([undefined, 'p']);
  });

  it('waits for the end and prints one JSON document', async () => {
    const { out, exitCode } = await signalbox(
      ['start', 'support', '--input', INPUT, '--wait', '--json'],
      ({ method, path }) => {
        if (method === 'POST') return { status: 202, body: run({ status: 'accepted' }) };
        return { body: path.includes('/events') ? lastPage : run() };
      },
    );
    expect(JSON.parse(out)).toMatchObject({
      id: 'r1',
      status: 'succeeded',
      output: { answer: 'yes' },
    });
    expect(exitCode).toBe(0);
  });

  it('exits 1 when the run it waited for failed, and says why', async () => {
    const failed = run({
      status: 'failed',
      sentence: 'failed at answer: TIMEOUT, 4 tries',
      output: undefined,
      error: { name: 'Agent.Retryable', cause: 'over 60 s' },
    });
    const { out, exitCode } = await signalbox(
      ['start', 'support', '--input', INPUT, '--wait'],
      ({ path }) => ({ body: path.includes('/events') ? lastPage : failed }),
    );
    expect(out).toContain('✗  failed at answer: TIMEOUT, 4 tries\n');
    expect(out).toContain('Agent.Retryable over 60 s\n');
    expect(exitCode).toBe(1);
  });
});

describe('wrong usage', () => {
  it.each([
    ['no input', ['start', 'support'], /input of the workflow is missing/],
    ['input that is not JSON', ['start', 'support', '--input', '{a}'], /--input is not JSON/],
    ['both inputs', ['start', 'support', '--input', '1', '--input-file', 'f'], /both/],
    [
      'a file that is not there',
      ['start', 'support', '--input-file', 'missing.json'],
      /cannot be read/,
    ],
    [
      'a deadline that is none',
      ['start', 'support', '--input', '1', '--deadline', 'soon'],
      /--deadline is "soon"/,
    ],
    ['an unknown option', ['start', 'support', '--inptu', '1'], /unknown option '--inptu'/],
    ['a missing workflow', ['start'], /missing required argument 'workflow'/],
    [
      'an unknown status',
      ['runs', 'list', '--status', 'done'],
      /Allowed choices are accepted, running/,
    ],
    ['a limit out of range', ['runs', 'list', '--limit', '0'], /whole number from 1 to 100/],
    ['a tag without a value', ['runs', 'list', '--tag', 'customer'], /key:value/],
  ])('exits 2 for %s without asking the API', async (_case, argv, message) => {
    const { err, exitCode, received } = await signalbox(argv, () => ({ body: run() }));
    expect(exitCode).toBe(2);
    expect(err).toMatch(message);
    expect(received).toEqual([]);
  });
});

describe('a refusal of the API', () => {
  const problem = {
    type: 'https://signalbox.dev/problems/input-invalid',
    title: 'Input invalid',
    status: 400,
    detail: 'the input does not fit the workflow "support"',
    errors: [{ field: 'customerId', problem: 'missing; allowed: text of 1 to 128 characters' }],
  };
  const refuse = () => ({ status: 400, body: problem });

  it('is one line of what was wrong and one per field', async () => {
    const { out, err, exitCode } = await signalbox(['start', 'support', '--input', '{}'], refuse);
    expect(exitCode).toBe(1);
    expect(out).toBe('');
    expect(err).toBe(
      'error the input does not fit the workflow "support"\n' +
        '  customerId: missing; allowed: text of 1 to 128 characters\n',
    );
  });

  it('is JSON on standard error with --json', async () => {
    const { err, exitCode } = await signalbox(
      ['start', 'support', '--input', '{}', '--json'],
      refuse,
    );
    expect(exitCode).toBe(1);
    expect(JSON.parse(err)).toEqual({
      error: { code: 'INPUT_INVALID', message: problem.detail, problem },
    });
  });

  it('tells wrong usage as JSON too', async () => {
    const { err, exitCode } = await signalbox(['runs', 'show', '--json'], refuse);
    expect(exitCode).toBe(2);
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'USAGE', next: 'See `npx signalbox runs show --help`.' },
    });
  });

  it('names the help of the command that was meant', async () => {
    const { err } = await signalbox(['runs', 'diff', 'list'], refuse);
    expect(err).toContain('See `npx signalbox runs diff --help`.');
  });

  it('names what to do next about a run that is not there', async () => {
    const { err } = await signalbox(['runs', 'show', 'r9'], () => ({
      status: 404,
      body: {
        ...problem,
        type: problem.type.replace('input-invalid', 'run-unknown'),
        status: 404,
        detail: 'no run "r9"',
        errors: [],
      },
    }));
    expect(err).toBe(
      'error no run "r9"\nnext  Run `npx signalbox runs list` to see the runs that there are.\n',
    );
  });
});

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
