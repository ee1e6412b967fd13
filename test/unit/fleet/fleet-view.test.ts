import { describe, expect, it } from 'vitest';
import { newAdmission } from '#runtime/core/admission.ts';
import { type FleetFacts, fleetViewOf } from '#runtime/core/fleet-view.ts';
import { meterSample, NOW, quotaView, stageSample } from './samples.ts';

const facts = (parts: Partial<FleetFacts> = {}): FleetFacts => ({
  nowMs: NOW,
  stages: [{ workflow: 'support', agent: 'answer-question' }],
  samples: [],
  depths: new Map(),
  quotas: [],
  admissions: [],
  outbox: { waiting: 0, oldestSeconds: 0 },
  ...parts,
});

const depth = (visible: number, inFlight = 0, delayed = 0) =>
  new Map([['answer-question', { visible, inFlight, delayed }]]);

const busy = (parts: Parameters<typeof stageSample>[0]) =>
  meterSample(15_000, { stages: [stageSample({ agent: 'answer-question', ...parts })] });

const sentence = (parts: Partial<FleetFacts>): string => fleetViewOf(facts(parts)).sentence;

describe('the stages of the fleet', () => {
  it('F1: shows a stage of which nothing was ever heard', () => {
    expect(fleetViewOf(facts()).stages).toMatchObject([
      { workflow: 'support', agent: 'answer-question', queued: 0, predictedWaitSeconds: 0 },
    ]);
  });

  it('shows a stage that no workflow names any more and that still works', () => {
    const samples = [
      meterSample(1000, { stages: [stageSample({ agent: 'old-agent', ended: 1 })] }),
    ];
    expect(fleetViewOf(facts({ samples })).stages.map(({ agent }) => agent)).toEqual([
      'answer-question',
      'old-agent',
    ]);
  });

  it('predicts the wait of what is queued by how fast the queue was emptied lately', () => {
    const samples = [busy({ arrived: 60, ended: 45, deferred: 15, oldestWaitMs: 4500 })];
    expect(fleetViewOf(facts({ samples, depths: depth(40, 50, 7) })).stages).toEqual([
      {
        workflow: 'support',
        agent: 'answer-question',
        arrivalPerSecond: 2,
        servicePerSecond: 1.5,
        oldestWaitSeconds: 4.5,
        queued: 40,
        inFlight: 50,
        deferred: 7,
        predictedWaitSeconds: 20,
      },
    ]);
  });

  it('adds up what the workflows of an agent do: they share its queue', () => {
    const stages = [
      stageSample({ agent: 'answer-question', ended: 30 }),
      stageSample({ agent: 'answer-question', workflow: 'other', ended: 30 }),
    ];
    const view = fleetViewOf(
      facts({ samples: [meterSample(15_000, { stages })], depths: depth(10) }),
    );
    expect(
      view.stages.map((one) => [one.workflow, one.servicePerSecond, one.predictedWaitSeconds]),
    ).toEqual([
      ['support', 1, 5],
      ['other', 1, 5],
    ]);
  });

  it('knows right after a quiet time what a stage can do', () => {
    const stages = [stageSample({ agent: 'answer-question', ended: 20 })];
    const view = fleetViewOf(
      facts({ samples: [meterSample(5000, { stages })], depths: depth(10) }),
    );
    expect(view.stages[0]?.predictedWaitSeconds).toBe(5);
  });

  it('predicts nothing where nothing is taken', () => {
    expect(fleetViewOf(facts({ depths: depth(3) })).stages[0]?.predictedWaitSeconds).toBeNull();
  });
});

describe('the sentence', () => {
  it('says that nothing waits, or nothing for long', () => {
    expect(sentence({ quotas: [quotaView()] })).toBe('Nothing waits.');
    expect(sentence({ quotas: [quotaView({ ticketsAhead: 1, clearsInSeconds: 0.4 })] })).toBe(
      'Nothing waits for long.',
    );
  });

  it('names a quota, the calls ahead, its rate, and when they have gone', () => {
    const quota = quotaView({ ticketsAhead: 41, clearsInSeconds: 20.5, waitSeconds: 21 });
    expect(sentence({ quotas: [quota] })).toBe(
      'model:default is the bottleneck: 41 calls ahead at 2.0 a second, clears in 21 s if nothing new comes.',
    );
    const slowed = {
      ...quota,
      ratePerSecond: 0.25,
      state: 'slowed',
      clearsInSeconds: 164,
    } as const;
    expect(sentence({ quotas: [slowed] })).toBe(
      'model:default is the bottleneck: 41 calls ahead at 0.25 a second (slowed down by 429s), clears in 2 min 44 s if nothing new comes.',
    );
  });

  it('says when it is the tokens that are waited for', () => {
    const quota = quotaView({ clearsInSeconds: 20, limitedBy: 'tokens' });
    expect(sentence({ quotas: [quota] })).toBe(
      'model:default is the bottleneck: its tokens of the next 20 s are given out, clears in 20 s if nothing new comes.',
    );
  });

  it('says what a closed quota waits for, since when, and what is put off', () => {
    const closed = {
      ratePerSecond: 0,
      waitSeconds: null,
      clearsInSeconds: null,
      closedAt: '2026-01-01T11:58:10.000Z',
    };
    expect(
      sentence({ quotas: [quotaView({ ...closed, state: 'outage' })], depths: depth(0, 0, 37) }),
    ).toBe(
      'model:default is out since 11:58:10 UTC: one call at a time tries whether it is back; 37 steps are put off.',
    );
    expect(sentence({ quotas: [quotaView({ ...closed, state: 'paused' })] })).toBe(
      'model:default is paused since 11:58:10 UTC: no call goes through until somebody resumes it.',
    );
  });

  it('names a stage whose workers are too few, and one that takes nothing', () => {
    const samples = [busy({ arrived: 90, ended: 96, oldestWaitMs: 30_000 })];
    expect(sentence({ samples, depths: depth(120, 50) })).toBe(
      'answer-question is the bottleneck: 120 steps wait for a worker, 3.2 a second are taken, clears in 38 s if nothing new comes.',
    );
    expect(sentence({ depths: depth(1, 2) })).toBe(
      'answer-question is the bottleneck: 1 step waits for a worker, 2 are at work, and none has ended in the last 30 s.',
    );
  });

  it('adds that figures are old, and that the stream was away', () => {
    expect(
      sentence({
        samples: [meterSample(1000, { lagMs: 75_000 })],
        outbox: { waiting: 25, oldestSeconds: 31.2 },
      }),
    ).toBe(
      'Nothing waits. project-events is 1 min 15 s behind the stream, and the figures of stages with it. The event stream was away: at least 25 events wait for it, the oldest for 32 s.',
    );
  });
});

describe('the admissions of the fleet', () => {
  it('show what was decided and by what, without what the controller keeps for itself', () => {
    const record = {
      ...newAdmission('support'),
      line: { next: 10, v0: 0, t0: NOW, rate: 2 },
      admitted: 12,
      rejected: 3,
      redeemed: 1,
    };
    const { admissions } = fleetViewOf(facts({ admissions: [{ record, maxQueueSeconds: 10 }] }));
    expect(admissions).toEqual([
      {
        workflow: 'support',
        admitted: 12,
        rejected: 3,
        redeemed: 1,
        ratePerSecond: 2,
        predictedWaitSeconds: 5,
        maxQueueSeconds: 10,
        control: {
          atMs: 0,
          bottleneck: null,
          measuredPerSecond: null,
          measuredWaitSeconds: 0,
          predictedWaitSeconds: 0,
          isClosed: false,
          runSeconds: null,
          callsPerRun: {},
        },
      },
    ]);
  });

  it('show no rate where nothing limits the workflow', () => {
    const admission = { record: newAdmission('support'), maxQueueSeconds: 10 };
    expect(fleetViewOf(facts({ admissions: [admission] })).admissions).toMatchObject([
      { ratePerSecond: null, predictedWaitSeconds: 0 },
    ]);
  });
});
