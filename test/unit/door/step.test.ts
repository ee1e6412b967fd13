import { describe, expect, test } from 'vitest';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { decideStep, MAX_STARTS, type StepState } from '#runtime/core/step.ts';
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
