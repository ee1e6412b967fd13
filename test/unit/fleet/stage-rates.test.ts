import { describe, expect, it } from 'vitest';
import {
  consumerViews,
  handledPerSecond,
  METER_WINDOW_MS,
  runTotals,
  stageRates,
} from '#runtime/core/stage-rates.ts';
import { meterSample, NOW, stageSample } from './samples.ts';

describe('stageRates', () => {
  it('divides what happened in the window by its length', () => {
    const samples = [0, 10_000, 20_000].map((agoMs) =>
      meterSample(agoMs, { stages: [stageSample({ arrived: 20, ended: 15 })] }),
    );
    expect(stageRates(samples, NOW)).toMatchObject([
      { agent: 'do-it', arrivalPerSecond: 2, servicePerSecond: 1.5 },
    ]);
  });

  it('forgets what lies before the window', () => {
    const old = meterSample(METER_WINDOW_MS, { stages: [stageSample({ ended: 15 })] });
    expect(stageRates([old], NOW)).toEqual([]);
  });

  /** A projector that stood still for 50 s has read, within a second, all that came meanwhile: 2 steps a second. */
  const caughtUp = Array.from({ length: 50 }, (_, i) =>
    meterSample(1000 - i * 20, {
      lagMs: 50_000 - i * 1000,
      stages: [stageSample({ arrived: 2, ended: 2 })],
    }),
  );

  it('counts what came in the window, not what was read in it by a projector that catches up', () => {
    expect(stageRates(caughtUp, NOW)).toMatchObject([{ arrivalPerSecond: 2, servicePerSecond: 2 }]);
    expect(handledPerSecond(caughtUp, 'do-it', NOW)).toBe(2);
  });

  it('shows what was going on where a projector is that is behind', () => {
    const halfway = caughtUp.slice(0, 35);
    const [rates] = stageRates(halfway, NOW - 300);
    expect(rates?.arrivalPerSecond).toBeCloseTo(2, 1);
  });

  it('keeps the longest wait of the window', () => {
    const samples = [9000, 4000].map((waitMs, i) =>
      meterSample(i * 1000, { stages: [stageSample({ oldestWaitMs: waitMs })] }),
    );
    expect(stageRates(samples, NOW)).toMatchObject([{ oldestWaitMs: 9000 }]);
  });
});

describe('runTotals', () => {
  it('adds up over all samples, workflow by workflow', () => {
    const run = (workflow: string, durationMs: number) => ({
      workflow,
      accepted: 1,
      succeeded: 1,
      endedOtherwise: 0,
      durationMs,
    });
    const samples = [
      meterSample(0, { runs: [run('a', 100), run('b', 5)] }),
      meterSample(600_000, { runs: [run('a', 300)] }),
    ];
    expect(runTotals(samples)).toEqual([
      { ...run('a', 400), accepted: 2, succeeded: 2 },
      run('b', 5),
    ]);
  });
});

describe('consumerViews', () => {
  it('shows the longest lag among the newest batches, and the rate over the window', () => {
    const samples = [
      meterSample(1000, { lagMs: 100, events: 30 }),
      meterSample(3000, { lagMs: 2500, events: 30 }),
      meterSample(20_000, { lagMs: 60_000, events: 30 }),
    ];
    expect(consumerViews(samples, NOW)).toEqual([
      {
        consumer: 'project-events',
        lagSeconds: 2.5,
        eventsPerSecond: 3,
        readAt: new Date(NOW - 1000).toISOString(),
      },
    ]);
  });

  it('still shows a consumer that has read nothing lately, and when it last did', () => {
    const [view] = consumerViews([meterSample(300_000, { lagMs: 100, events: 9 })], NOW);
    expect(view).toMatchObject({
      eventsPerSecond: 0,
      readAt: new Date(NOW - 300_000).toISOString(),
    });
  });
});
