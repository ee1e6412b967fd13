import { describe, expect, test } from 'vitest';
import type { RunRecord, StepRecord } from '#runtime/contracts/ledger.ts';
import { originOf, reusedResult } from '#runtime/core/reuse-outcome.ts';
import type { StepState } from '#runtime/core/step.ts';
import { DoorWorld } from '../../support/door-world.ts';
import {
  inputHash,
  NOW,
  runRecord,
  stepOutcome,
  stepRecord,
  success,
  taskMessage,
} from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const at = (ms: number): string => new Date(NOW + ms).toISOString();
const BEFORE = at(-1000);

const fork = (changes: Partial<NonNullable<RunRecord['forkedFrom']>> = {}): RunRecord =>
  runRecord({
    run: 'fork-1',
    root: 'fork-1',
    forkedFrom: {
      run: 'origin-1',
      from: 'later',
      before: BEFORE,
      liveEffects: false,
      ...changes,
    },
  });

const message = taskMessage({ run: 'fork-1' });

const recorded = (changes: Partial<StepRecord> = {}): StepRecord =>
  stepRecord({
    run: 'origin-1',
    queuedAt: at(-5000),
    outcomes: [stepOutcome({ endedAt: at(-3000) })],
    ...changes,
  });

const state = (changes: Partial<StepState> = {}): StepState => ({
  record: null,
  run: fork(),
  message,
  inputHash: inputHash(message),
  contractVersion: 1,
  nowMs: NOW,
  ...changes,
});

describe('what a step of a forked run takes over', () => {
  test('a success of the same path, input and contract version, recorded before the fork step was queued', () => {
    expect(reusedResult(state(), recorded())).toEqual({
      result: success(),
      reusedFrom: 'origin-1',
    });
  });

  test.each([
    ['another input', recorded({ inputHash: 'other' })],
    ['another contract version', recorded({ contractVersion: 2 })],
    ['no outcome', recorded({ outcomes: [] })],
    ['the fork step itself', recorded({ queuedAt: BEFORE })],
    ['a step that was queued later', recorded({ queuedAt: at(-999) })],
    ['a success that came later', recorded({ outcomes: [stepOutcome({ endedAt: at(1001) })] })],
    ['no record', null],
  ])('U1–U3: nothing of %s', (_what, record) => {
    expect(reusedResult(state(), record)).toBeNull();
  });

  test('U3: a worker whose clock is ahead costs no reuse', () => {
    const ahead = recorded({ outcomes: [stepOutcome({ endedAt: at(0) })] });
    expect(reusedResult(state(), ahead)).not.toBeNull();
  });

  test.each([
    ['of a run that is no fork', state({ run: runRecord({ run: 'fork-1' }) })],
    ['of a fork from the start', state({ run: fork({ from: null }) })],
    ['of a child of a fork', state({ message: taskMessage({ run: 'child-1' }) })],
    ['that has a record of its own', state({ record: stepRecord({ run: 'fork-1' }) })],
  ])('asks for no origin of a step %s', (_what, of) => {
    expect(originOf(of)).toBeNull();
  });
});

describe('a step of a forked run at the door', () => {
  const origin = recorded();

  async function world(run: RunRecord): Promise<DoorWorld> {
    const made = new DoorWorld();
    await made.ledger.runs.put({ record: run, expectedRev: null });
    await made.ledger.steps.put({ record: origin, expectedRev: null });
    made.dispatch(message);
    return made;
  }

  test('answers what the origin has recorded, runs nothing, and says whose result it is', async () => {
    const made = await world(fork());
    let runs = 0;
    await made.run(testAgent(async () => (runs += 1)));
    expect(runs).toBe(0);
    expect(made.tasks.answerTo(message.taskToken)).toEqual({
      kind: 'succeeded',
      output: { ok: true },
    });
    const told = made.events.events.map(({ type, run, data }) => ({ type, run, data }));
    expect(told).toMatchObject([
      { type: 'signalbox.step.queued', run: 'fork-1' },
      { type: 'signalbox.step.succeeded', run: 'fork-1', data: { reusedFrom: 'origin-1' } },
    ]);
    expect(made.ledger.step({ run: 'fork-1', path: 'answer' })).toMatchObject({ starts: 0 });
  });

  test('R3: once taken over, the result stays, whatever becomes of the origin', async () => {
    const made = await world(fork());
    await made.run(testAgent(async () => 1));
    const changed = { ...origin, rev: 2, inputHash: 'other' };
    await made.ledger.steps.put({ record: changed, expectedRev: 1 });
    made.dispatch(message);
    await made.run(testAgent(async () => 2));
    expect(made.outcomes('answer', 'fork-1')).toHaveLength(1);
  });

  test('runs when a patch gives it another input', async () => {
    const made = await world({ ...fork(), patches: { answer: { query: 'what?' } } });
    const inputs: unknown[] = [];
    await made.run(testAgent(async (_ctx, query) => inputs.push(query)));
    expect(inputs).toEqual(['what?']);
  });

  test('R6: takes over nothing once the fork was stopped', async () => {
    const made = await world({ ...fork(), stop: { at: at(0), reason: '' } });
    await made.run(testAgent(async () => 1));
    expect(made.tasks.answerTo(message.taskToken)).toMatchObject({
      kind: 'failed',
      error: 'Agent.Stopped',
    });
  });
});

describe('an effect of a fork of a fork', () => {
  test('R2: is taken over from the run that performed it, when the one between took over its step', async () => {
    const made = new DoorWorld();
    const run = fork({ run: 'between', from: 'answer', lineage: ['origin-1'] });
    await made.ledger.runs.put({ record: run, expectedRev: null });
    const performed = stepRecord({ run: 'origin-1' });
    await made.ledger.steps.put({ record: performed, expectedRev: null });
    await made.ledger.calls.put({
      record: {
        run: 'origin-1',
        path: 'answer',
        call: 'effect:open-ticket',
        rev: 1,
        fence: 1,
        state: 'succeeded',
        result: 'T-1',
        events: [],
      },
      expectedRev: null,
    });
    made.dispatch(message);
    const opened = testAgent((ctx) =>
      ctx.effect('open-ticket', { whenUnknown: 'retry' }, async () => 'T-2'),
    );
    await made.run(opened);
    expect(made.tasks.answerTo(message.taskToken)).toMatchObject({ output: { ok: 'T-1' } });
    const told = made.events.events.find(({ type }) => type === 'signalbox.call.succeeded');
    expect(told?.data).toMatchObject({ reusedFrom: 'origin-1' });
  });
});
