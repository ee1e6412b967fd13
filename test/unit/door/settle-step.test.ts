import { describe, expect, test } from 'vitest';
import { PLATFORM_EVENTS } from '#runtime/contracts/event-types.ts';
import { claimStep, isEnded, renewStep } from '#runtime/core/claim-step.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { settleStep, settleUnstarted } from '#runtime/core/settle-step.ts';
import { stepQueued } from '#runtime/core/step-events.ts';
import {
  attempt,
  failedWith,
  inputHash,
  NOW,
  stepOutcome,
  stepRecord,
  success,
  taskMessage,
} from '../../support/steps.ts';

const claim = (parts: Partial<Parameters<typeof claimStep>[0]> = {}) => ({
  record: null,
  message: taskMessage(),
  inputHash: inputHash(),
  contractVersion: 3,
  nowMs: NOW,
  ...parts,
});
const event = stepQueued(taskMessage(), 1);

describe('claimStep', () => {
  test('R5: every claim raises the fence and the revision', () => {
    const first = claimStep(claim());
    const second = claimStep(claim({ record: first }));
    expect([first.fence, second.fence]).toEqual([1, 2]);
    expect([first.rev, second.rev]).toEqual([1, 2]);
    expect(second).toMatchObject({ starts: 2, contractVersion: 3 });
  });

  test('R9: outcomes of earlier attempts stay; R4: the ends of former generations are owed, those of its own were told', () => {
    const record = stepRecord({
      outcomes: [
        stepOutcome({ result: failedWith(), events: [event] }),
        stepOutcome({ attempt: attempt(0, 1), result: failedWith(), events: [event] }),
      ],
      attempt: attempt(0, 1),
    });
    const message = taskMessage({ attempt: attempt(1, 1) });
    const { outcomes, started } = claimStep(claim({ record, message }));
    expect(outcomes.map(({ result }) => result.status)).toEqual(['failed', 'failed']);
    expect(outcomes.map(({ events }) => events.length)).toEqual([0, 0]);
    expect(started.map(({ type }) => type)).toEqual([event.type, 'signalbox.step.started']);
  });
});

describe('renewStep', () => {
  test('the holder gets 30 seconds more', () => {
    expect(renewStep(stepRecord(), 1, NOW + 10_000)).toMatchObject({
      rev: 2,
      leaseUntilMs: NOW + 40_000,
    });
  });
  test('K4: a clock that was set back takes nothing away', () => {
    expect(renewStep(stepRecord({ leaseUntilMs: NOW + 25_000 }), 1, NOW - 10_000)).toMatchObject({
      leaseUntilMs: NOW + 25_000,
    });
  });
  test('R5: a stale fence gets nothing', () => {
    expect(renewStep(stepRecord({ fence: 2 }), 1, NOW)).toBeNull();
  });
  test('an ended attempt is not renewed', () => {
    expect(renewStep(stepRecord({ outcomes: [stepOutcome()] }), 1, NOW)).toBeNull();
  });
});

describe('settleStep', () => {
  test('the holder writes its outcome behind the earlier ones', () => {
    const earlier = stepOutcome({ result: failedWith() });
    const current = stepRecord({ attempt: attempt(1), fence: 2, rev: 7, outcomes: [earlier] });
    const outcome = stepOutcome({ attempt: attempt(1), fence: 2 });
    const settlement = settleStep(current, outcome);
    expect(settlement).toMatchObject({
      kind: 'write',
      record: { rev: 8, outcomes: [earlier, outcome] },
    });
    expect(settlement.kind === 'write' && isEnded(settlement.record)).toBe(true);
  });
  test('R3: a recorded success is used instead', () => {
    const stored = stepOutcome({ fence: 2, result: success('first') });
    const current = stepRecord({ fence: 2, outcomes: [stored] });
    expect(settleStep(current, stepOutcome({ result: success('late') }))).toEqual({
      kind: 'stored',
      outcome: stored,
    });
  });
  test('R3: a recorded failure of the same attempt is used instead', () => {
    const stored = stepOutcome({ fence: 2, result: failedWith() });
    expect(settleStep(stepRecord({ fence: 2, outcomes: [stored] }), stepOutcome())).toEqual({
      kind: 'stored',
      outcome: stored,
    });
  });
  test('R5: a stale holder writes nothing', () => {
    expect(settleStep(stepRecord({ fence: 2 }), stepOutcome())).toEqual({ kind: 'lost' });
  });
});

describe('settleUnstarted', () => {
  const expired = failed(failure('DEADLINE_EXCEEDED', 'late'));

  test('claims and ends in one record, which counts no start', () => {
    const { record, outcome } = settleUnstarted(
      claim({ record: stepRecord({ starts: 2 }) }),
      expired,
    );
    expect(record).toMatchObject({ fence: 2, starts: 2, outcomes: [outcome] });
    expect(isEnded(record)).toBe(true);
  });
  test('tells that the step was queued and how it ended', () => {
    const { outcome } = settleUnstarted(claim(), expired);
    expect(outcome.events.map(({ type }) => type)).toEqual([
      'signalbox.step.queued',
      'signalbox.step.expired',
    ]);
  });
  test('R8: a dead step is parked by an event of its outcome', () => {
    const dead = failed(failure('DEAD_LETTERED', 'started 6 times'));
    const { outcome } = settleUnstarted(claim(), dead);
    const parked = outcome.events.at(-1);
    expect(parked?.type).toBe('signalbox.dead_letter.parked');
    expect(PLATFORM_EVENTS['signalbox.dead_letter.parked'].safeParse(parked?.data).success).toBe(
      true,
    );
  });
});
