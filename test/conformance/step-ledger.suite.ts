import { describe, expect, test } from 'vitest';
import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { RunLedger, StepLedger } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleOutcome, sampleRun, sampleStep, textOf } from './samples.ts';

export interface StepLedgerSubject {
  readonly steps: StepLedger;
  /** Over the same records. */
  readonly runs: RunLedger;
}

/** What every StepLedger does. */
export function testStepLedger(subject: () => StepLedgerSubject): void {
  const read: ReadStep = async (run) =>
    (await subject().steps.read({ steps: [{ run, path: 'answer' }], runs: [] })).steps[0] ?? null;

  describe('put', () => testPut(subject, read));
  describe('put, keys', () => testKeys(subject));
  describe('put, as a store of JSON', () => testValues(subject, read));
  describe('read', () => testRead(subject));
  describe('list', () => testList(subject));
}

type ReadStep = (run: string) => Promise<StepRecord | null>;

function testPut(subject: () => StepLedgerSubject, readStep: ReadStep): void {
  test('writes the first record when none is expected', async () => {
    const record = sampleStep(newRun(), 1);
    expect(await subject().steps.put({ record, expectedRev: null })).toEqual({ kind: 'written' });
    expect(await readStep(record.run)).toEqual(record);
  });

  test('replaces the record with the expected rev', async () => {
    const run = newRun();
    await subject().steps.put({ record: sampleStep(run, 1), expectedRev: null });
    const next = sampleStep(run, 2, { fence: 2, outcomes: [sampleOutcome(run, 1)] });
    expect(await subject().steps.put({ record: next, expectedRev: 1 })).toEqual({
      kind: 'written',
    });
    expect(await readStep(run)).toEqual(next);
  });

  test('answers conflict with the record that is there, and changes nothing', async () => {
    const run = newRun();
    const first = sampleStep(run, 1);
    await subject().steps.put({ record: first, expectedRev: null });
    for (const [rev, expectedRev] of [[1, null] as const, [3, 2] as const]) {
      const record = sampleStep(run, rev, { agent: 'late' });
      expect(await subject().steps.put({ record, expectedRev })).toEqual({
        kind: 'conflict',
        current: first,
      });
    }
    expect(await readStep(run)).toEqual(first);
  });

  test('answers conflict with null when a record is expected and none is there', async () => {
    const record = sampleStep(newRun(), 3);
    expect(await subject().steps.put({ record, expectedRev: 2 })).toEqual({
      kind: 'conflict',
      current: null,
    });
  });

  test('lets exactly one of many writers at once win, and shows it to the others (R5)', async () => {
    const run = newRun();
    await subject().steps.put({ record: sampleStep(run, 1), expectedRev: null });
    const puts = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        subject().steps.put({
          record: sampleStep(run, 2, { fence: 2, agent: `agent-${i}` }),
          expectedRev: 1,
        }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const stored = await readStep(run);
    for (const put of puts) {
      if (put.kind === 'conflict') expect(put.current).toEqual(stored);
    }
  });

  test('refuses a rev that does not follow the expected one', async () => {
    const run = newRun();
    for (const [rev, expectedRev] of [[2, null] as const, [5, 3] as const, [1, 1] as const]) {
      const put = subject().steps.put({ record: sampleStep(run, rev), expectedRev });
      await expect(put).rejects.toMatchObject({ code: 'REVISION_INVALID' });
    }
    expect(await readStep(run)).toBeNull();
  });
}

function testKeys(subject: () => StepLedgerSubject): void {
  test('refuses keys that no table takes, in writes and in reads', async () => {
    const run = newRun();
    const refused = [
      sampleStep(run, 1, { path: 'p'.repeat(1024) }),
      sampleStep('r'.repeat(2049), 1),
      sampleStep('', 1),
    ];
    for (const record of refused) {
      const put = subject().steps.put({ record, expectedRev: null });
      await expect(put).rejects.toMatchObject({ code: 'TOO_LARGE' });
      const read = subject().steps.read({ steps: [sampleStep(run, 1), record], runs: [] });
      await expect(read).rejects.toMatchObject({ code: 'TOO_LARGE' });
    }
    const noRun = subject().steps.read({ steps: [], runs: [run, ''] });
    await expect(noRun).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}

function testValues(subject: () => StepLedgerSubject, readStep: ReadStep): void {
  test('gives every JSON value back as it was', async () => {
    const run = newRun();
    const outcome = {
      ...sampleOutcome(run, 1),
      result: { status: 'succeeded', output: AWKWARD_JSON } as const,
    };
    await subject().steps.put({
      record: sampleStep(run, 1, { outcomes: [outcome] }),
      expectedRev: null,
    });
    const result = (await readStep(run))?.outcomes[0]?.result;
    expect(result).toEqual({ status: 'succeeded', output: AWKWARD_JSON });
  });

  test('leaves out members that are undefined', async () => {
    const run = newRun();
    const outcome = {
      ...sampleOutcome(run, 1),
      result: { status: 'succeeded', output: { kept: 1, left: undefined } } as const,
    };
    await subject().steps.put({
      record: sampleStep(run, 1, { outcomes: [outcome] }),
      expectedRev: null,
    });
    const result = (await readStep(run))?.outcomes[0]?.result;
    expect(JSON.stringify(result)).toBe('{"status":"succeeded","output":{"kept":1}}');
  });

  test.each([
    ['a date', new Date(0)],
    ['a map', new Map([['a', 1]])],
    ['NaN', Number.NaN],
    ['a big integer', 1n],
    ['a function', () => 1],
    ['undefined in a list', [undefined]],
  ])('refuses %s, which JSON would change in silence', async (_, output) => {
    const run = newRun();
    const outcome = {
      ...sampleOutcome(run, 1),
      result: { status: 'succeeded', output } as const,
    };
    const put = subject().steps.put({
      record: sampleStep(run, 1, { outcomes: [outcome] }),
      expectedRev: null,
    });
    await expect(put).rejects.toMatchObject({ code: 'NOT_JSON' });
    expect(await readStep(run)).toBeNull();
  });

  test('keeps a record of almost 398 KiB and refuses a larger one', async () => {
    const run = newRun();
    const large = sampleStep(run, 1, { agent: textOf(397 * 1024) });
    expect(await subject().steps.put({ record: large, expectedRev: null })).toEqual({
      kind: 'written',
    });
    expect(await readStep(run)).toEqual(large);
    const larger = sampleStep(run, 2, { agent: textOf(398 * 1024) });
    await expect(subject().steps.put({ record: larger, expectedRev: 1 })).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(await readStep(run)).toEqual(large);
  });

  test('keeps what it was given, whatever the caller does to it afterwards', async () => {
    const run = newRun();
    const output = { answer: 'first' };
    const outcome = {
      ...sampleOutcome(run, 1),
      result: { status: 'succeeded', output } as const,
    };
    await subject().steps.put({
      record: sampleStep(run, 1, { outcomes: [outcome] }),
      expectedRev: null,
    });
    output.answer = 'changed';
    const read = await readStep(run);
    expect(read?.outcomes[0]?.result).toEqual({
      status: 'succeeded',
      output: { answer: 'first' },
    });
  });
}

function testRead(subject: () => StepLedgerSubject): void {
  test('answers in the order asked, null for what is not there, twice for what is asked twice', async () => {
    const run = newRun();
    const other = newRun();
    const a = sampleStep(run, 1, { path: 'intent' });
    const b = sampleStep(run, 1, { path: 'search[3]/read' });
    const control = sampleRun(other, 1);
    await subject().steps.put({ record: a, expectedRev: null });
    await subject().steps.put({ record: b, expectedRev: null });
    await subject().runs.put({ record: control, expectedRev: null });
    const answer = await subject().steps.read({
      steps: [
        { run, path: 'search[3]/read' },
        { run, path: 'absent' },
        { run, path: 'intent' },
        { run, path: 'search[3]/read' },
        { run: other, path: 'intent' },
      ],
      runs: [other, run, other],
    });
    expect(answer).toEqual({ steps: [b, null, a, b, null], runs: [control, null, control] });
  });

  test('answers an empty question', async () => {
    expect(await subject().steps.read({ steps: [], runs: [] })).toEqual({ steps: [], runs: [] });
  });

  test('reads more steps than one batch of the table holds', async () => {
    const run = newRun();
    const paths = Array.from({ length: 130 }, (_, i) => `search[${i}]`);
    await Promise.all(
      paths.map((path) =>
        subject().steps.put({ record: sampleStep(run, 1, { path }), expectedRev: null }),
      ),
    );
    const { steps } = await subject().steps.read({
      steps: paths.map((path) => ({ run, path })),
      runs: [],
    });
    expect(steps.map((step) => step?.path)).toEqual(paths);
  });
}

function testList(subject: () => StepLedgerSubject): void {
  const put = (record: StepRecord) => subject().steps.put({ record, expectedRev: null });

  test('gives all steps of a run in the order of their keys, and nothing else of it', async () => {
    const run = newRun();
    const paths = [
      'search[3]/read',
      'answer',
      'search[10]/read',
      'answer_2',
      'search',
      'refine@2/a',
    ];
    await Promise.all(paths.map((path) => put(sampleStep(run, 1, { path }))));
    await put(sampleStep(newRun(), 1));
    await subject().runs.put({ record: sampleRun(run, 1), expectedRev: null });
    const steps = await subject().steps.list(run);
    expect(steps.map(({ path }) => path)).toEqual([
      'answer',
      'answer_2',
      'refine@2/a',
      'search',
      'search[10]/read',
      'search[3]/read',
    ]);
    expect(steps[0]).toEqual(sampleStep(run, 1));
  });

  test('gives nothing for a run that nobody has worked on', async () => {
    expect(await subject().steps.list(newRun())).toEqual([]);
  });

  test('sees every write that came before', async () => {
    const run = newRun();
    await put(sampleStep(run, 1));
    const next = sampleStep(run, 2, { fence: 2 });
    await subject().steps.put({ record: next, expectedRev: 1 });
    expect(await subject().steps.list(run)).toEqual([next]);
  });

  test('gives more than one page of the table', async () => {
    const run = newRun();
    const paths = ['a', 'b', 'c', 'd'];
    await Promise.all(
      paths.map((path) => put(sampleStep(run, 1, { path, agent: textOf(380 * 1024) }))),
    );
    const steps = await subject().steps.list(run);
    expect(steps.map(({ path }) => path)).toEqual(paths);
  });
}
