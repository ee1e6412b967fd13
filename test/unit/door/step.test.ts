import { describe, expect, test } from 'vitest';
import type { StepDeferral } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { newEvent } from '#runtime/core/event.ts';
import { decideStep, MAX_STARTS, type StepState } from '#runtime/core/step.ts';
import { stepScope } from '#runtime/core/step-events.ts';
import {
  attempt,
  failedWith,
  inputHash,
  NOW,
  runRecord,
  stepOutcome,
  stepRecord,
  success,
  taskMessage,
} from '../../support/steps.ts';

const state = (parts: Partial<StepState> = {}): StepState => ({
  record: null,
  run: runRecord(),
  message: taskMessage(),
  inputHash: inputHash(),
  contractVersion: 1,
  nowMs: NOW,
  ...parts,
});

const retryOne = taskMessage({ attempt: attempt(1) });
const done = stepRecord({ outcomes: [stepOutcome()] });
const failedOnce = stepRecord({ outcomes: [stepOutcome({ result: failedWith() })] });
const live = stepRecord({ leaseUntilMs: NOW + 12_300 });
const deferral: StepDeferral = {
  attempt: attempt(),
  fence: 1,
  seq: 1,
  dueAtMs: NOW + 9000,
  carriedFrom: 0,
  events: [newEvent(stepScope(taskMessage(), 1), { type: 'x', atMs: NOW, data: {} })],
};
const deferred = stepRecord({ starts: 0, deferral });
const copy: TaskMessage = { ...taskMessage(), deferSeq: 1 };
const past = taskMessage({ deadlineMs: NOW });
const stoppedRun = runRecord({
  stop: { at: new Date(NOW - 1).toISOString(), reason: 'wrong input' },
});
const childMessage: TaskMessage = {
  ...taskMessage(),
  run: { ...taskMessage().run, id: 'child', root: 'run-1' },
};

const cases: readonly (readonly [string, Partial<StepState>, object])[] = [
  ['a step without a record is claimed', {}, { kind: 'claim', record: { fence: 1, starts: 1 } }],
  [
    'R3: a recorded success answers its own attempt',
    { record: done },
    { kind: 'answer', outcome: { result: success() } },
  ],
  [
    'R3: a recorded success answers a newer attempt',
    { record: done, message: retryOne },
    { kind: 'answer', outcome: { result: success() } },
  ],
  [
    'R3: a recorded success answers a newer generation',
    { record: done, message: taskMessage({ attempt: attempt(0, 1) }) },
    { kind: 'answer' },
  ],
  [
    'R3: a recorded success answers an older attempt',
    {
      record: stepRecord({
        attempt: attempt(1),
        fence: 2,
        outcomes: [stepOutcome({ attempt: attempt(1), fence: 2 })],
      }),
    },
    { kind: 'answer' },
  ],
  [
    'R3: a recorded success counts even past the deadline',
    { record: done, message: past },
    { kind: 'answer' },
  ],
  [
    'R3: a recorded failure answers its own attempt',
    { record: failedOnce },
    { kind: 'answer', outcome: { result: { status: 'failed' } } },
  ],
  [
    'R3: a recorded failure does not answer the next attempt, which is claimed',
    { record: failedOnce, message: retryOne },
    { kind: 'claim', record: { fence: 2, starts: 1, attempt: attempt(1) } },
  ],
  [
    'R3: a success never answers another input',
    { record: done, inputHash: 'other' },
    { kind: 'refuse', failure: { code: 'PATH_REUSED', name: 'Agent.PathReused' } },
  ],
  [
    'a path in use refuses another input without touching its holder',
    { record: live, inputHash: 'other' },
    { kind: 'refuse', failure: { code: 'PATH_REUSED' } },
  ],
  [
    'a new generation may try a failed step with another input',
    { record: failedOnce, message: taskMessage({ attempt: attempt(0, 1) }), inputHash: 'other' },
    { kind: 'claim', record: { inputHash: 'other' } },
  ],
  [
    'R5: an attempt that a newer one has followed is acknowledged',
    { record: stepRecord({ attempt: attempt(1) }) },
    { kind: 'ack' },
  ],
  [
    'R5: neither is its recorded failure answered again',
    { record: { ...failedOnce, attempt: attempt(1), fence: 2 } },
    { kind: 'ack' },
  ],
  [
    'R4: a failure of an older generation is answered, for its events may be unpublished',
    { record: { ...failedOnce, attempt: attempt(0, 1), fence: 2 } },
    { kind: 'answer' },
  ],
  [
    'R6: a stopped run starts nothing',
    { run: stoppedRun },
    { kind: 'settle', result: { status: 'stopped', failure: { code: 'STOPPED' } } },
  ],
  [
    'R6: a stop outranks a live lease',
    { run: stoppedRun, record: live },
    { kind: 'settle', result: { status: 'stopped' } },
  ],
  [
    'R6: a stop outranks the deadline',
    { run: stoppedRun, message: past },
    { kind: 'settle', result: { status: 'stopped' } },
  ],
  [
    'R3: a recorded success counts even in a stopped run',
    { run: stoppedRun, record: done },
    { kind: 'answer' },
  ],
  [
    'R6: a stop of the root ends the steps of its child runs',
    { run: stoppedRun, message: childMessage },
    { kind: 'settle', result: { status: 'stopped' } },
  ],
  [
    'R6: a generation that another has followed starts nothing',
    { run: runRecord({ gen: 1 }) },
    { kind: 'settle', result: { status: 'failed', failure: { code: 'SUPERSEDED' } } },
  ],
  [
    'R6: superseded outranks stopped: the stop is meant for the generation that runs',
    { run: { ...stoppedRun, gen: 1 } },
    { kind: 'settle', result: { status: 'failed', failure: { code: 'SUPERSEDED' } } },
  ],
  [
    'the generations of the root tell nothing about those of a child run',
    { run: runRecord({ gen: 1 }), message: childMessage },
    { kind: 'claim' },
  ],
  [
    'R6: past the hinted deadline the step expires',
    { message: past },
    { kind: 'settle', result: { status: 'expired', failure: { code: 'DEADLINE_EXCEEDED' } } },
  ],
  [
    'R6: the run record may end the time earlier than the message says',
    { run: runRecord({ deadlineAt: new Date(NOW).toISOString() }) },
    { kind: 'settle', result: { status: 'expired' } },
  ],
  [
    'R6: the deadline outranks a live lease',
    { record: live, message: past },
    { kind: 'settle', result: { status: 'expired' } },
  ],
  [
    'one millisecond before the deadline work begins',
    { message: past, nowMs: NOW - 1 },
    { kind: 'claim' },
  ],
  ['without a run record the hint counts', { run: null, message: past }, { kind: 'settle' }],
  [
    "another's live lease makes the message wait for its rest",
    { record: live },
    { kind: 'wait', seconds: 13 },
  ],
  [
    'a newer attempt waits for a live lease, too',
    { record: live, message: retryOne },
    { kind: 'wait', seconds: 13 },
  ],
  [
    'the copy of a deferred step waits for its time',
    { record: deferred, message: copy },
    { kind: 'early', dueAtMs: NOW + 9000, untold: [] },
  ],
  [
    'and claims the step then, as one that was not started before',
    { record: deferred, message: copy, nowMs: NOW + 9000 },
    { kind: 'claim', record: { fence: 2, starts: 1, deferral: { seq: 1, carriedFrom: 1 } } },
  ],
  [
    'R4: the message before it tells what may be untold, and waits until the copy is overdue',
    { record: deferred },
    { kind: 'early', dueAtMs: NOW + 14_000, untold: [{ type: 'x' }] },
  ],
  [
    'it stands in for a copy that does not come',
    { record: deferred, nowMs: NOW + 14_000 },
    { kind: 'claim', record: { fence: 2, deferral: { seq: 1, carriedFrom: 0 } } },
  ],
  [
    'R5: once the copy has claimed the step, it goes',
    { record: { ...deferred, fence: 2, deferral: { ...deferral, carriedFrom: 1 } } },
    { kind: 'ack' },
  ],
  [
    'once it has claimed the step itself, it does not',
    { record: { ...deferred, fence: 2, deferral } },
    { kind: 'claim', record: { fence: 3 } },
  ],
  [
    'the copy of an attempt that a newer one has followed is acknowledged',
    { record: { ...deferred, attempt: attempt(1), fence: 2 }, message: copy },
    { kind: 'ack' },
  ],
  [
    'another attempt does not wait for the time of a deferred one',
    { record: deferred, message: retryOne },
    { kind: 'claim', record: { attempt: attempt(1), started: [{ type: 'x' }, {}] } },
  ],
  [
    'R6: the deadline does not wait for a deferral',
    { record: deferred, message: past },
    { kind: 'settle', result: { status: 'expired' } },
  ],
  [
    'a lease that ends at this instant is over',
    { record: stepRecord() },
    { kind: 'claim', record: { fence: 2, starts: 2, leaseUntilMs: NOW + 30_000 } },
  ],
  [
    'a settled attempt holds no lease',
    { record: { ...failedOnce, leaseUntilMs: NOW + 9000 }, message: retryOne },
    { kind: 'claim' },
  ],
  [
    'R8: started as often as allowed, the attempt is dead',
    { record: stepRecord({ starts: MAX_STARTS }) },
    { kind: 'settle', result: { status: 'failed', failure: { code: 'DEAD_LETTERED' } } },
  ],
  [
    'R8: one start is left',
    { record: stepRecord({ starts: MAX_STARTS - 1 }) },
    { kind: 'claim', record: { starts: MAX_STARTS } },
  ],
  [
    'starts of an earlier attempt do not count',
    { record: { ...failedOnce, starts: MAX_STARTS }, message: retryOne },
    { kind: 'claim', record: { starts: 1 } },
  ],
];

describe('decideStep', () => {
  test.each(cases)('%s', (_name, parts, decision) => {
    expect(decideStep(state(parts))).toMatchObject(decision);
  });

  test('R6: STOPPED says when and why the run was stopped', () => {
    const decision = decideStep(state({ run: stoppedRun }));
    expect(decision).toMatchObject({
      result: {
        failure: {
          message:
            'the run was stopped at 2025-12-31T23:59:59.999Z ("wrong input"); nothing more is started for it',
        },
      },
    });
  });

  test('PATH_REUSED names both inputs', () => {
    const decision = decideStep(state({ record: done, inputHash: 'other-hash' }));
    expect(decision.kind === 'refuse' && decision.failure.message).toContain('other-hash');
    expect(decision.kind === 'refuse' && decision.failure.message).toContain(done.inputHash);
  });
});
