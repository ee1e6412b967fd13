import { describe, expect, test } from 'vitest';
import type { CallRecord } from '#runtime/contracts/ledger.ts';
import type { CallLedger, StepLedger } from '#runtime/ports.ts';
import {
  AWKWARD_JSON,
  newRun,
  sampleCall,
  sampleEvent,
  sampleOutcome,
  sampleStep,
  textOf,
} from './samples.ts';

export interface CallLedgerSubject {
  readonly calls: CallLedger;
  /** Over the same records. */
  readonly steps: StepLedger;
}

/** What every CallLedger does. */
export function testCallLedger(subject: () => CallLedgerSubject): void {
  const step: HeldStep = {
    hold: async () => {
      const run = newRun();
      await subject().steps.put({ record: sampleStep(run, 1), expectedRev: null });
      return run;
    },
    readCall: (run) => subject().calls.read({ run, path: 'answer', call: 'effect:note-crm' }),
  };

  describe('put', () => testPut(subject, step));
  describe('put, fenced', () => testFences(subject, step));
  describe('put, at once', () => testRaces(subject, step));
  describe('read', () => testRead(subject, step));
  describe('list', () => testList(subject, step));
}

interface HeldStep {
  /** A new run whose step "answer" is held under fence 1. */
  readonly hold: () => Promise<string>;
  readonly readCall: (run: string) => Promise<CallRecord | null>;
}

function testPut(subject: () => CallLedgerSubject, { hold, readCall }: HeldStep): void {
  test('writes an intent and then its result', async () => {
    const run = await hold();
    const intent = sampleCall(run, 1);
    expect(await subject().calls.put({ record: intent, expectedRev: null })).toEqual({
      kind: 'written',
    });
    expect(await readCall(run)).toEqual(intent);
    const result = sampleCall(run, 2, { state: 'succeeded', result: AWKWARD_JSON });
    expect(await subject().calls.put({ record: result, expectedRev: 1 })).toEqual({
      kind: 'written',
    });
    expect(await readCall(run)).toEqual(result);
  });

  test('answers conflict with the call that is there', async () => {
    const run = await hold();
    const first = sampleCall(run, 1, { state: 'succeeded', result: 1 });
    await subject().calls.put({ record: first, expectedRev: null });
    const second = sampleCall(run, 1, { state: 'succeeded', result: 2 });
    expect(await subject().calls.put({ record: second, expectedRev: null })).toEqual({
      kind: 'conflict',
      current: first,
    });
    const third = sampleCall(run, 4, { state: 'succeeded', result: 3 });
    expect(await subject().calls.put({ record: third, expectedRev: 3 })).toEqual({
      kind: 'conflict',
      current: first,
    });
    expect(await readCall(run)).toEqual(first);
  });

  test('refuses a wrong rev, what is not JSON, what is too large, and a key that is too long', async () => {
    const run = await hold();
    const refused = [
      [sampleCall(run, 3), 'REVISION_INVALID'],
      [sampleCall(run, 1, { result: new Date(0) }), 'NOT_JSON'],
      [sampleCall(run, 1, { result: textOf(400 * 1024) }), 'TOO_LARGE'],
      [sampleCall(run, 1, { call: 'x'.repeat(1024) }), 'TOO_LARGE'],
    ] as const;
    for (const [record, code] of refused) {
      const put = subject().calls.put({ record, expectedRev: null });
      await expect(put).rejects.toMatchObject({ code });
    }
    expect(await readCall(run)).toBeNull();
  });
}

function testFences(subject: () => CallLedgerSubject, { hold, readCall }: HeldStep): void {
  test('fences a writer whose step is held under a newer fence (R5)', async () => {
    const run = await hold();
    await subject().steps.put({ record: sampleStep(run, 2, { fence: 2 }), expectedRev: 1 });
    expect(await subject().calls.put({ record: sampleCall(run, 1), expectedRev: null })).toEqual({
      kind: 'fenced',
    });
    expect(await readCall(run)).toBeNull();
    const newer = sampleCall(run, 1, { fence: 2 });
    expect(await subject().calls.put({ record: newer, expectedRev: null })).toEqual({
      kind: 'written',
    });
  });

  test('fences a writer whose own fence has an outcome (R5)', async () => {
    const run = await hold();
    const ended = sampleStep(run, 2, { outcomes: [sampleOutcome(run, 1)] });
    await subject().steps.put({ record: ended, expectedRev: 1 });
    expect(await subject().calls.put({ record: sampleCall(run, 1), expectedRev: null })).toEqual({
      kind: 'fenced',
    });
  });

  test('fences a writer whose own fence has a deferral, and lets the next one write (R5)', async () => {
    const run = await hold();
    const deferral = {
      attempt: { gen: 0, redrive: 0, retry: 0 },
      fence: 1,
      seq: 1,
      dueAtMs: 1,
      carriedFrom: 0,
      events: [],
    };
    const { steps, calls } = subject();
    await steps.put({ record: sampleStep(run, 2, { deferral }), expectedRev: 1 });
    const late = await calls.put({ record: sampleCall(run, 1), expectedRev: null });
    expect(late).toEqual({ kind: 'fenced' });
    await steps.put({ record: sampleStep(run, 3, { fence: 2, deferral }), expectedRev: 2 });
    const next = await calls.put({ record: sampleCall(run, 1, { fence: 2 }), expectedRev: null });
    expect(next).toEqual({ kind: 'written' });
  });

  test('lets the next attempt write after the outcome of the one before', async () => {
    const run = await hold();
    const next = sampleStep(run, 2, { fence: 2, outcomes: [sampleOutcome(run, 1)] });
    await subject().steps.put({ record: next, expectedRev: 1 });
    const record = sampleCall(run, 1, { fence: 2 });
    expect(await subject().calls.put({ record, expectedRev: null })).toEqual({ kind: 'written' });
  });

  test('fences a writer whose step was never claimed', async () => {
    const record = sampleCall(newRun(), 1);
    expect(await subject().calls.put({ record, expectedRev: null })).toEqual({ kind: 'fenced' });
  });

  test('answers fenced rather than conflict when both are true', async () => {
    const run = await hold();
    await subject().calls.put({ record: sampleCall(run, 1), expectedRev: null });
    await subject().steps.put({ record: sampleStep(run, 2, { fence: 2 }), expectedRev: 1 });
    expect(await subject().calls.put({ record: sampleCall(run, 1), expectedRev: null })).toEqual({
      kind: 'fenced',
    });
  });
}

function testRaces(subject: () => CallLedgerSubject, { hold }: HeldStep): void {
  test('lets exactly one of many writers at once win', async () => {
    const run = await hold();
    const puts = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        subject().calls.put({
          record: sampleCall(run, 1, { state: 'succeeded', result: i }),
          expectedRev: null,
        }),
      ),
    );
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    expect(puts.filter(({ kind }) => kind === 'conflict')).toHaveLength(5);
  });

  test('lets different calls of one step be written at once', async () => {
    const run = await hold();
    const puts = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        subject().calls.put({
          record: sampleCall(run, 1, { call: `model:draft-${i}` }),
          expectedRev: null,
        }),
      ),
    );
    expect(puts).toEqual(Array.from({ length: 6 }, () => ({ kind: 'written' })));
  });
}

function testRead(subject: () => CallLedgerSubject, { hold }: HeldStep): void {
  test('tells calls apart by run, path and name', async () => {
    const run = await hold();
    await subject().steps.put({
      record: sampleStep(run, 1, { path: 'handoff' }),
      expectedRev: null,
    });
    const records = [
      sampleCall(run, 1, { call: 'model:a#b' }),
      sampleCall(run, 1, { call: 'model:a' }),
      sampleCall(run, 1, { path: 'handoff', call: 'model:a' }),
    ];
    for (const record of records) await subject().calls.put({ record, expectedRev: null });
    for (const record of records) {
      expect(await subject().calls.read(record)).toEqual(record);
    }
    expect(await subject().calls.read({ run, path: 'answer', call: 'model:b' })).toBeNull();
  });
}

function testList(subject: () => CallLedgerSubject, { hold }: HeldStep): void {
  test('gives every call of the step, whatever its state, in the order of keys', async () => {
    const run = await hold();
    const records = [
      sampleCall(run, 1, { call: 'model:b', state: 'succeeded', result: AWKWARD_JSON }),
      sampleCall(run, 1, { call: 'emit:é' }),
      sampleCall(run, 1, { call: 'emit:z', events: [sampleEvent(run, 1)] }),
      sampleCall(run, 1, { call: 'effect:a', state: 'failed' }),
    ];
    for (const record of records) await subject().calls.put({ record, expectedRev: null });
    const listed = await subject().calls.list({ run, path: 'answer' });
    expect(listed).toEqual([records[3], records[2], records[1], records[0]]);
  });

  test('gives those whose keys begin as asked for, and no others', async () => {
    const run = await hold();
    const calls = ['emit:a:0:0.0.0', 'emit:a:1:0.0.0', 'emitter', 'model:a', 'em'];
    const records = calls.map((call) => sampleCall(run, 1, { call }));
    for (const record of records) await subject().calls.put({ record, expectedRev: null });
    const listed = await subject().calls.list({ run, path: 'answer', prefix: 'emit:' });
    expect(listed).toEqual(records.slice(0, 2));
  });

  test('gives no call of another step, whose path may begin alike, or of another run', async () => {
    const [run, other] = [await hold(), await hold()];
    const steps = ['answer[0]', 'answers', 'answer/deep'];
    for (const path of steps) {
      await subject().steps.put({ record: sampleStep(run, 1, { path }), expectedRev: null });
      await subject().calls.put({ record: sampleCall(run, 1, { path }), expectedRev: null });
    }
    await subject().calls.put({ record: sampleCall(other, 1), expectedRev: null });
    expect(await subject().calls.list({ run, path: 'answer' })).toEqual([]);
  });

  test('gives a call that was written just before', async () => {
    const run = await hold();
    for (let n = 1; n <= 5; n += 1) {
      const record = sampleCall(run, 1, { call: `effect:${n}` });
      await subject().calls.put({ record, expectedRev: null });
      expect(await subject().calls.list({ run, path: 'answer' })).toHaveLength(n);
    }
  });

  test('gives more than one answer of the store holds', async () => {
    const run = await hold();
    for (let n = 1; n <= 5; n += 1) {
      const record = sampleCall(run, 1, { call: `effect:${n}`, result: textOf(300 * 1024) });
      await subject().calls.put({ record, expectedRev: null });
    }
    expect(await subject().calls.list({ run, path: 'answer' })).toHaveLength(5);
  });
}
