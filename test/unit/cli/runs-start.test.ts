import { describe, expect, it } from 'vitest';
import { run } from './fixtures.ts';
import { lastPage, signalbox } from './runs-command-line.ts';

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
