import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerRuns } from '../../../cli/runs/register-runs.ts';
import { commandLine } from './command-line.ts';
import type { Answer, Received } from './fake-api.ts';
import { run } from './fixtures.ts';

const schema = {
  type: 'object',
  properties: { id: { type: 'string' }, age: { type: 'integer' } },
  required: ['id'],
};
const isStart = ({ method }: Received): boolean => method === 'POST';
const idIn = ({ body }: Received): string => JSON.parse(body).id;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'signalbox-rows-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** Starts a file's rows with these options; a start is answered as `answer` says. */
async function startFile(
  text: string,
  argv: readonly string[] = [],
  answer: (request: Received) => Answer = (request) => ({
    status: 202,
    body: run({ id: `run-${idIn(request)}`, status: 'accepted' }),
  }),
) {
  const name = argv.find((one) => /^rows\./.test(one)) ?? 'rows.csv';
  await writeFile(path.join(folder, name), text);
  const file = argv.includes('--file') ? [] : ['--file', name];
  const { received, ...written } = await commandLine(
    [registerRuns],
    ['runs', 'start', 'w', ...file, '--rate', '1000', ...argv],
    (request) =>
      isStart(request)
        ? answer(request)
        : { body: { name: 'w', deadlineSeconds: 60, maxQueueSeconds: 10, input: schema } },
    { cwd: folder, width: 100, now: () => Date.parse('2026-11-24T12:00:00.000Z') },
  );
  // At such a rate, requests overtake each other on their way.
  const starts = received.filter(isStart).sort((a, b) => idIn(a).localeCompare(idIn(b)));
  return {
    ...written,
    starts,
    keys: starts.map((start) => start.headers['idempotency-key']),
  };
}

const problem = (slug: string, status: number, more: object = {}): Answer => ({
  status,
  body: {
    type: `https://signalbox.dev/problems/${slug}`,
    title: slug,
    status,
    detail: `refused: ${slug}`,
    ...more,
  },
});

describe('runs start --file', () => {
  test('starts a run of every row and says how many', async () => {
    const { out, err, exitCode, starts } = await startFile('id,age\na,1\nb,2\n');
    expect(starts.map(({ path: where, body }) => [where, JSON.parse(body)])).toEqual([
      ['/workflows/w/runs', { id: 'a', age: 1 }],
      ['/workflows/w/runs', { id: 'b', age: 2 }],
    ]);
    expect(out).toBe(
      'started  refused  not started\n      2        0            0\nnpx signalbox runs list --workflow w\n',
    );
    expect(err).toContain('2 rows fit');
    expect(err).toContain('2 of 2 rows started');
    expect(exitCode).toBe(0);
  });

  test('takes one input as JSON on each line of a .jsonl file', async () => {
    const { starts } = await startFile('{"id":"a"}\n{"id":"b"}\n', ['--file', 'rows.jsonl']);
    expect(starts.map(idIn)).toEqual(['a', 'b']);
  });

  test('B1: starts nothing when one row does not fit, and names the line', async () => {
    const { out, err, exitCode, starts } = await startFile('id,age\na,1\nb,old\n');
    expect(starts).toEqual([]);
    expect(out).toMatch(/^line {2}problem\n {3}3 {2}age: .*received string\n$/);
    expect(err).toContain('1 row of rows.csv cannot be started; nothing was started');
    expect(exitCode).toBe(1);
  });

  test('starts nothing with --dry-run, and fails on a file that does not fit all the same', async () => {
    const good = await startFile('id,more\na,1\n', ['--dry-run']);
    expect(good).toMatchObject({
      exitCode: 0,
      out: 'nothing was started: --dry-run\n',
      starts: [],
    });
    expect(good.err).toContain('left out, as the input has no such field: more');
    const bad = await startFile('age\n1\n', ['--dry-run']);
    expect(bad).toMatchObject({ exitCode: 1, starts: [] });
  });
});

describe('keys of runs start --file', () => {
  test('B2: sends each row under the same key whenever the same file is started', async () => {
    const first = await startFile('id\na\nb\n');
    const again = await startFile('id\na\nb\n');
    expect(again.keys).toEqual(first.keys);
    expect(new Set(first.keys).size).toBe(2);
  });

  test('B2: with --key, keeps the keys of rows in a file that has grown', async () => {
    const first = await startFile('id\na\nb\n', ['--key', 'id']);
    const grown = await startFile('id\n0\na\nb\n', ['--key', 'id']);
    expect(grown.keys.slice(1)).toEqual(first.keys);
    const double = await startFile('id\na\na\n', ['--key', 'id']);
    expect(double).toMatchObject({ exitCode: 1, starts: [] });
    expect(double.out).toContain('"a" is in line 2, too');
  });
});

describe('refusals of runs start --file', () => {
  test('B3: goes on past a row that the API refuses, and tells of it in the end', async () => {
    const { out, exitCode, starts } = await startFile('id\na\nb\nc\n', ['--json'], (request) =>
      idIn(request) === 'b'
        ? problem('idempotency-conflict', 409)
        : { status: 202, body: run({ id: idIn(request), status: 'accepted' }) },
    );
    expect(starts).toHaveLength(3);
    expect(JSON.parse(out)).toEqual({
      started: [
        { line: 2, run: 'a' },
        { line: 4, run: 'c' },
      ],
      refused: [{ line: 3, problem: 'refused: idempotency-conflict' }],
      left: 0,
    });
    expect(exitCode).toBe(1);
  });

  test('B3: ends where the API would refuse every row, and says how to go on', async () => {
    const rows = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('');
    const { out, err, exitCode, starts } = await startFile(`id\n${rows}`, ['--rate', '100'], () =>
      problem('forbidden', 403),
    );
    expect(starts.length).toBeLessThan(20);
    expect(out).toContain('0        0          100');
    expect(err).toContain('refused: forbidden');
    expect(err).toContain('The same command goes on with rows.csv');
    expect(exitCode).toBe(1);
  });

  test('waits for its turn while the line is full, and comes back with its place', async () => {
    const overload = {
      stage: 'model:default',
      predictedWaitSeconds: 12,
      maxQueueSeconds: 10,
      retryAfterSeconds: 0.02,
      place: 'signed',
    };
    const { exitCode, starts, out } = await startFile('id\na\n', [], (request) =>
      request.headers['signalbox-place'] === 'signed'
        ? { status: 202, body: run({ id: 'a', status: 'accepted' }) }
        : problem('overloaded', 429, { overload }),
    );
    expect(starts).toHaveLength(2);
    expect(starts[1]?.headers['idempotency-key']).toBe(starts[0]?.headers['idempotency-key']);
    expect(out).toContain('1        0            0');
    expect(exitCode).toBe(0);
  });

  test.each([
    ['an ending that says nothing', ['--file', 'rows.txt'], /Allowed: a table that ends in \.csv/],
    ['an input beside it', ['--input', '{}'], /--input is given beside --file/],
    ['a key of one run beside it', ['--idempotency-key', 'k'], /--idempotency-key is given beside/],
    ['a rate of none', ['--rate', '0'], /a number above 0/],
    ['a deadline that is none', ['--deadline', 'soon'], /--deadline is "soon"/],
  ])('exits 2 for %s', async (_case, argv, message) => {
    const { exitCode, err, starts } = await startFile('id\na\n', argv);
    expect(err).toMatch(message);
    expect({ exitCode, starts }).toEqual({ exitCode: 2, starts: [] });
  });
});

test.each([['--dry-run'], ['--rate', '3'], ['--key', 'id']])(
  'runs start with %s but without --file starts nothing',
  async (...argv) => {
    const { exitCode, received } = await commandLine(
      [registerRuns],
      ['runs', 'start', 'w', '--input', '{}', ...argv],
      () => ({ body: run() }),
    );
    expect(exitCode).toBe(2);
    expect(received).toEqual([]);
  },
);
