import { describe, expect, test } from 'vitest';
import type { AdmissionRecord } from '#runtime/contracts/admission.ts';
import type { MeterSample } from '#runtime/contracts/fleet.ts';
import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import {
  decide,
  isCorrectionDue,
  isLookDue,
  lookedAt,
  newAdmission,
  predictedWaitSeconds,
} from '#runtime/core/admission.ts';
import { bucketsOf, corrected } from '#runtime/core/admission-control.ts';
import { newBucket } from '#runtime/core/quota-limits.ts';

const T0 = Date.UTC(2026, 0, 1);
const MODEL = 'model:default';

/** A bucket that lets through `rate` calls a second (99 % of what is configured). */
const bucket = (rate: number, changes: Partial<QuotaRecord> = {}): QuotaRecord => ({
  ...newBucket({ quota: MODEL }, { requestsPerSecond: rate / 0.99, burst: 1 }, T0),
  ...changes,
});

/** The bucket after so many calls of `support`, with so many of them waiting. */
const used = (rate: number, own: number, waiting = 0, others = 0, nowMs = T0): QuotaRecord => {
  const record = bucket(rate);
  return {
    ...record,
    requests: { ...record.requests, t0: nowMs, next: waiting },
    taken: own + others,
    takenBy: { support: own, ...(others > 0 && { other: others }) },
  };
};

/** After a first round, and `runs` admitted since. */
const afterRuns = (runs: number): AdmissionRecord => ({
  ...corrected(newAdmission('support'), { quotas: [used(20, 0)], samples: [] }, T0),
  admitted: runs,
});

const sample = (changes: Partial<MeterSample> = {}): MeterSample => ({
  id: 's-1',
  atMs: T0 - 1000,
  consumer: 'project-events',
  events: 10,
  lagMs: 0,
  stages: [],
  runs: [],
  ...changes,
});

const runs = (changes: Partial<MeterSample['runs'][number]> = {}) => ({
  workflow: 'support',
  accepted: 0,
  succeeded: 0,
  endedOtherwise: 0,
  durationMs: 0,
  ...changes,
});

const stage = (changes: Partial<MeterSample['stages'][number]> = {}) => ({
  workflow: 'support',
  agent: 'answer-question',
  arrived: 0,
  oldestWaitMs: 0,
  waitMs: 0,
  ended: 0,
  runMs: 0,
  deferred: 0,
  ...changes,
});

test('a look at the quotas is due two seconds after the last one', () => {
  const record = lookedAt(afterRuns(0), T0 + 3000);
  expect(isLookDue(newAdmission('support'), T0)).toBe(true);
  expect(isLookDue(record, T0 + 4999)).toBe(false);
  expect(isLookDue(record, T0 + 5000)).toBe(true);
});

describe('a correction', () => {
  const quotas = [used(20, 100)];
  const record = corrected(afterRuns(100), { quotas, samples: [] }, T0);

  test('is due ten seconds after the last one', () => {
    expect(isCorrectionDue(newAdmission('support'), quotas, T0)).toBe(true);
    expect(isCorrectionDue(record, quotas, T0 + 9999)).toBe(false);
    expect(isCorrectionDue(record, quotas, T0 + 10_000)).toBe(true);
  });

  test('is due at once when a quota that its runs call closes, and when it opens', () => {
    const closed = { kind: 'paused', atMs: T0 } as const;
    const shut = quotas.map((bucket) => ({ ...bucket, closed }));
    expect(isCorrectionDue(record, shut, T0 + 1)).toBe(true);
    const knows = corrected(record, { quotas: shut, samples: [] }, T0 + 1);
    expect(isCorrectionDue(knows, shut, T0 + 2)).toBe(false);
    expect(isCorrectionDue(knows, quotas, T0 + 2)).toBe(true);
    const others = shut.map((bucket) => ({ ...bucket, quota: 'crm' }));
    expect(isCorrectionDue(record, others, T0 + 1)).toBe(false);
  });
});

describe('a workflow that nobody has counted yet', () => {
  const sightings = {
    quotas: bucketsOf({ [MODEL]: { requestsPerSecond: 2, burst: 1 } }, [null], T0),
    samples: [],
    expected: { [MODEL]: 2 },
  };

  test('is held to what its definition lets expect, though no call has made the bucket yet', () => {
    const record = corrected(newAdmission('support'), sightings, T0);
    expect(record.line.rate).toBeCloseTo(0.99);
    expect(record.control).toMatchObject({ bottleneck: MODEL, callsPerRun: { [MODEL]: 2 } });
  });

  test('lets no more of a burst in than can wait', () => {
    let record = corrected(newAdmission('support'), sightings, T0);
    const decided = Array.from({ length: 120 }, () => {
      const request = { tenant: 'default', place: null, maxQueueSeconds: 10 };
      const decision = decide(record, request, T0);
      if (decision.kind !== 'early') record = decision.record;
      return decision.kind;
    });
    expect(decided.filter((kind) => kind === 'admitted')).toHaveLength(10);
  });

  test('is counted by and by: what was expected weighs like ten runs', () => {
    const first = corrected(newAdmission('support'), sightings, T0);
    const record = corrected(
      { ...first, admitted: 30 },
      { ...sightings, quotas: [used(2, 100)] },
      T0 + 10_000,
    );
    expect(record.control.callsPerRun[MODEL]).toBeCloseTo((100 + 2 * 10) / 40);
  });
});

test('what is measured after a pause counts whole: what was before it says nothing', () => {
  const quotas = [used(20, 0)];
  const slow = { next: 0, v0: 0, t0: T0, rate: 0.3 };
  const control = { ...afterRuns(0).control, callsPerRun: { [MODEL]: 1 } };
  const record = { ...afterRuns(0), line: slow, returns: slow, control };
  const rateAt = (nowMs: number) => corrected(record, { quotas, samples: [] }, nowMs).line.rate;
  expect(rateAt(T0 + 60_000)).toBeCloseTo(0.3 + (20 - 0.3) / 4);
  expect(rateAt(T0 + 60_001)).toBeCloseTo(20);
});

describe('corrected', () => {
  test('limits nobody before it has seen what runs call', () => {
    const first = corrected(newAdmission('support'), { quotas: [used(20, 5000)], samples: [] }, T0);
    expect(first).toMatchObject({ line: { rate: 0 }, control: { bottleneck: null } });
    const few = { ...first, admitted: 9 };
    const second = corrected(few, { quotas: [used(20, 5009)], samples: [] }, T0 + 10_000);
    expect(second).toMatchObject({ line: { rate: 0 }, control: { callsPerRun: {} } });
  });

  test('takes the bottleneck’s rate and wait whole when it sees them first (C2)', () => {
    const quotas = [used(20, 300, 60)];
    const record = corrected(afterRuns(100), { quotas, samples: [] }, T0);
    expect(record.line.rate).toBeCloseTo(20 / 3);
    // Sixty calls wait three seconds, and every run waits for three of them.
    expect(predictedWaitSeconds(record, T0)).toBeCloseTo(9);
    expect(record).toMatchObject({
      rev: 0,
      admitted: 100,
      control: { bottleneck: MODEL, callsPerRun: { [MODEL]: 3 } },
    });
  });

  test('believes a quota’s line at once when it is slower or longer, and by a quarter when not (C2)', () => {
    const before = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
    const atMs = T0 + 10_000;
    const worse = corrected(
      { ...before, admitted: 300 },
      { quotas: [used(10, 300, 80, 0, atMs)], samples: [] },
      atMs,
    );
    expect(worse.line.rate).toBeCloseTo(10);
    expect(predictedWaitSeconds(worse, atMs)).toBeCloseTo(8);
    expect(worse.control).toMatchObject({ measuredWaitSeconds: 8, predictedWaitSeconds: 0 });
    const better = corrected(
      { ...worse, admitted: 500 },
      { quotas: [used(20, 500, 0, 0, atMs)], samples: [] },
      atMs,
    );
    expect(better.line.rate).toBeCloseTo(12.5);
    expect(predictedWaitSeconds(better, atMs)).toBeCloseTo((80 / 12.5) * 0.75);
  });
});

describe('what is counted', () => {
  test('takes calls that nobody was let in for as a passing thing', () => {
    const before = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
    const redriven = { quotas: [used(20, 600, 0, 0, T0 + 10_000)], samples: [] };
    const { control } = corrected({ ...before, admitted: 120 }, redriven, T0 + 10_000);
    expect(control.callsPerRun).toEqual({ [MODEL]: 2 });
  });

  test('keeps who stands in the line where the clock and the places are', () => {
    const first = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
    let record = first;
    for (let i = 0; i < 300; i += 1) {
      const decision = decide(record, { tenant: 't', place: null, maxQueueSeconds: 10 }, T0);
      if (decision.kind !== 'early') record = decision.record;
    }
    const atMs = T0 + 10_000;
    const after = corrected(record, { quotas: [used(10, 301, 0, 0, atMs)], samples: [] }, atMs);
    expect(after.returns.next).toBe(record.returns.next);
    expect(after).toMatchObject({ admitted: record.admitted, rejected: record.rejected });
  });

  test('counts the latest runs most', () => {
    let record = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
    let own = 100;
    for (let round = 1; round <= 8; round += 1) {
      own += 200;
      record = { ...record, admitted: record.admitted + 100 };
      const atMs = T0 + round * 10_000;
      record = corrected(record, { quotas: [used(20, own, 0, 0, atMs)], samples: [] }, atMs);
    }
    expect(record.control.callsPerRun[MODEL]).toBeGreaterThan(1.9);
  });

  test('takes the quota that gives it the fewest runs for the bottleneck', () => {
    const start = corrected(
      newAdmission('support'),
      { quotas: [used(20, 0), { ...used(5, 0), quota: 'crm' }], samples: [] },
      T0,
    );
    const quotas = [used(20, 300), { ...used(5, 50), quota: 'crm' }];
    const record = corrected({ ...start, admitted: 100 }, { quotas, samples: [] }, T0);
    expect(record.control).toMatchObject({ bottleneck: MODEL, callsPerRun: { crm: 0.5 } });
  });

  test('counts its own part of a shared quota, and at least an equal one', () => {
    const much = corrected(afterRuns(100), { quotas: [used(20, 300, 0, 100)], samples: [] }, T0);
    expect(much.control.measuredPerSecond).toBeCloseTo((20 * 0.75) / 3);
    const little = corrected(afterRuns(10), { quotas: [used(20, 10, 0, 990)], samples: [] }, T0);
    expect(little.control.measuredPerSecond).toBeCloseTo(10);
  });
});

describe('a quota that is closed', () => {
  const open = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
  const outage = { kind: 'outage', atMs: T0, probeAtMs: T0 } as const;
  const shut = corrected(
    { ...open, line: { ...open.line, next: 200 }, admitted: 120 },
    { quotas: [{ ...used(20, 120, 200), closed: outage }], samples: [] },
    T0 + 10_000,
  );

  test('lets one run in per five seconds', () => {
    let record = shut;
    let admitted = 0;
    for (let ms = 0; ms < 60_000; ms += 250) {
      const request = { tenant: 't', place: null, maxQueueSeconds: 10 };
      const decision = decide(record, request, T0 + 10_000 + ms);
      if (decision.kind !== 'early') record = decision.record;
      if (decision.kind === 'admitted') admitted += 1;
    }
    // Twelve come due in that time, and two more wait within the queue.
    expect(admitted).toBeLessThanOrEqual(15);
    expect(admitted).toBeGreaterThanOrEqual(12);
  });

  test('gives the line back its rate at once when it opens', () => {
    const atMs = T0 + 20_000;
    const quotas = [used(20, 120, 0, 0, atMs)];
    const record = corrected({ ...shut, admitted: 122 }, { quotas, samples: [] }, atMs);
    expect(record.line.rate).toBeGreaterThan(19);
    expect(predictedWaitSeconds(record, atMs)).toBe(0);
    expect(record.control.isClosed).toBe(false);
  });
});

describe('what a run calls', () => {
  test('is not counted while a quota is closed, nor while everybody lines up anew', () => {
    const open = corrected(afterRuns(100), { quotas: [used(20, 100)], samples: [] }, T0);
    const closed = { kind: 'outage', atMs: T0, probeAtMs: T0 } as const;
    const shut = { quotas: [{ ...used(20, 150), closed }], samples: [] };
    const then = corrected({ ...open, admitted: 120 }, shut, T0 + 2000);
    const again = { quotas: [used(20, 500, 0, 0, T0 + 12_000)], samples: [] };
    const soon = corrected({ ...then, admitted: 140 }, again, T0 + 12_000);
    expect(soon.control.callsPerRun).toEqual({ [MODEL]: 1 });
    const later = { quotas: [used(20, 560, 0, 0, T0 + 42_000)], samples: [] };
    const settled = corrected({ ...soon, admitted: 170 }, later, T0 + 42_000);
    expect(settled.control.callsPerRun).toEqual({ [MODEL]: 2 });
  });
});

describe('a stage that lacks workers', () => {
  const busy = sample({
    stages: [stage({ arrived: 60, waitMs: 60 * 4000, ended: 60 })],
    runs: [runs({ succeeded: 60, durationMs: 60 * 6000 })],
  });

  test('limits its workflow to the runs that end', () => {
    const record = corrected(afterRuns(100), { quotas: [], samples: [busy] }, T0);
    expect(record.line.rate).toBe(2);
    expect(record.control).toMatchObject({ bottleneck: 'answer-question', runSeconds: 2 });
    expect(predictedWaitSeconds(record, T0)).toBe(4);
  });

  test('is no bottleneck while a quota holds its workers up', () => {
    const quotas = [used(20, 100, 100)];
    const record = corrected(afterRuns(100), { quotas, samples: [busy] }, T0);
    expect(record.control.bottleneck).toBe(MODEL);
  });

  test('is none after a cold start', () => {
    const cold = sample({
      stages: [stage({ arrived: 3, waitMs: 12_000, ended: 3 })],
      runs: [runs({ succeeded: 3 })],
    });
    const record = corrected(afterRuns(100), { quotas: [], samples: [cold] }, T0);
    expect(record).toMatchObject({ line: { rate: 0 }, control: { bottleneck: null } });
  });

  test('limits nobody any more once its line is empty', () => {
    const limited = corrected(afterRuns(100), { quotas: [], samples: [busy] }, T0);
    const waiting = corrected(limited, { quotas: [], samples: [] }, T0 + 2000);
    expect(waiting.line.rate).toBe(2.5);
    const held = { ...limited, returns: { ...limited.returns, next: 100 } };
    const empty = corrected(held, { quotas: [], samples: [] }, T0 + 10_000);
    expect(empty.line.rate).toBe(0);
    // Whoever held a place has no claim on the line that comes after this one.
    expect(empty.returns.next).toBe(empty.returns.v0);
  });
});
