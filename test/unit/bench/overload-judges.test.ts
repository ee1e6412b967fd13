import { describe, expect, test } from 'vitest';
import { admissionErrors } from '../../../bench/overload/admission-errors.ts';
import { arrivals } from '../../../bench/overload/arrivals.ts';
import { BegunCalls } from '../../../bench/overload/begun-calls.ts';
import { Capacity } from '../../../bench/overload/capacity.ts';
import { judgeFleet } from '../../../bench/overload/fleet-judge.ts';
import type { ClientRequest } from '../../../bench/overload/measures.ts';
import { Pool } from '../../../bench/overload/pool.ts';
import { lengthOf, scenario } from '../../../bench/overload/scenarios.ts';
import { series } from '../../../bench/overload/series.ts';

const steady = new Capacity([{ from: 0, perSecond: 2 }]);
const answered = (acceptedAt: number, endedAt: number): ClientRequest => ({
  ...{ tenant: 'default', askedAt: acceptedAt, acceptedAt, asked: 1, end: 'answered', endedAt },
});
const rejected = (askedAt: number): ClientRequest => ({
  ...{ tenant: 'default', askedAt, asked: 1, end: 'rejected', endedAt: askedAt },
});

describe('the capacity of a provider', () => {
  test('lets one call begin after the other', () => {
    expect(steady.starts([0, 0, 0, 10])).toEqual([0, 0.5, 1, 10]);
    expect(steady.waitAt(0, [0, 0, 0])).toBe(1.5);
    expect(steady.waitAt(5, [0, 0, 0])).toBe(0);
  });

  test('begins nothing during an outage, and goes on after it', () => {
    const out = new Capacity([
      { from: 0, perSecond: 2 },
      { from: 1, perSecond: 0 },
      { from: 61, perSecond: 2 },
    ]);
    expect(out.starts([0, 0, 0, 30])).toEqual([0, 0.5, 61, 61.5]);
    expect(out.until(100)).toBe(80);
  });

  test('follows a rate that changes', () => {
    const halved = new Capacity([
      { from: 0, perSecond: 2 },
      { from: 10, perSecond: 1 },
    ]);
    expect(halved.starts([9.5, 9.5, 9.5])).toEqual([9.5, 10, 11]);
  });
});

describe('errors of the front door', () => {
  test('counts who was sent away while the provider was idle', () => {
    const errors = admissionErrors([answered(0, 1), rejected(5), answered(20, 21)], steady, 10);
    expect(errors.rejectedThoughFits).toBeCloseTo(1 / 3);
  });

  test('does not count who would have waited too long', () => {
    const full = Array.from({ length: 24 }, () => answered(0, 12));
    const errors = admissionErrors([...full, rejected(0.1)], steady, 10);
    expect(errors.rejectedThoughFits).toBe(0);
  });

  test('does not count who would have pushed another one out', () => {
    // 21 calls in 10 s is what fits; the last one of them came after the one that was sent away.
    const before = Array.from({ length: 20 }, () => answered(0, 12));
    const requests = [...before, rejected(0), answered(0, 12)];
    expect(admissionErrors(requests, steady, 10).rejectedThoughFits).toBe(0);
  });

  test('counts one free place once', () => {
    const before = Array.from({ length: 20 }, () => answered(0, 12));
    const requests = [...before, rejected(0), rejected(0)];
    expect(admissionErrors(requests, steady, 10).rejectedThoughFits).toBeCloseTo(1 / 22);
  });

  test('counts the accepted that got no answer in time', () => {
    const late = { ...answered(0, 60), end: 'expired' as const };
    const { acceptedButExpired } = admissionErrors([late, answered(0, 1), rejected(0)], steady, 10);
    expect(acceptedButExpired).toBe(0.5);
  });
});

describe('what the provider had begun', () => {
  const counts = [
    { at: 1, begun: 0 },
    { at: 2, begun: 0 },
    { at: 4, begun: 4 },
  ];
  const begun = new BegunCalls(counts);

  test('grows evenly between two looks, and stays where it was seen last', () => {
    expect([0, 1.5, 3, 4, 9].map((at) => begun.until(at))).toEqual([0, 0, 2, 4, 4]);
  });

  test('tells when it was so much, and of what was never seen that it was not', () => {
    expect([1, 4].map((calls) => begun.instantOf(calls))).toEqual([2.5, 4]);
    expect(begun.instantOf(5)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the verdict on the fleet view', () => {
  const line = Array.from({ length: 20 }, (_, i) => answered(0, 1 + i * 0.5));
  const story = { bottleneck: 'model:default', capacity: steady };
  /** A provider that begins so many calls a second until it has begun 20. */
  const begunAt = (perSecond: number) =>
    Array.from({ length: 300 }, (_, i) => ({
      at: i / 3,
      begun: Math.min(20, (i / 3) * perSecond),
    }));
  const seen = { requests: line, calls: begunAt(2) };
  const sample = (
    at: number,
    bottleneck: string | null,
    clearsInSeconds: number | null = null,
  ) => ({
    ...{ at, bottleneck, clearsInSeconds },
  });

  test('wants the bottleneck named while there is a line, and none without', () => {
    const right = [sample(1, 'model:default'), sample(30, null)];
    const wrong = [sample(2, null), sample(31, 'crm')];
    expect(judgeFleet([...right, ...wrong], seen, story)).toMatchObject({
      ...{ bottleneckRight: 0.5, samples: 4, judged: 4 },
    });
  });

  test('compares the time to drain with what was seen', () => {
    // The provider has begun all 20 at 10 s.
    const samples = [sample(1, 'model:default', 9), sample(2, 'model:default', 6)];
    const { etaErrorMedian } = judgeFleet(samples, seen, story);
    expect(etaErrorMedian).toBeCloseTo(0.25);
  });

  test('leaves out what is neither', () => {
    expect(judgeFleet([sample(9, null)], seen, story)).toMatchObject({ samples: 1, judged: 0 });
  });

  test('goes by the calls that the provider began, not by those that it could have begun', () => {
    // At 1.8 a second the last one begins at 11.3 s; it could have begun at 10 s.
    const slowed = { requests: line, calls: begunAt(1.8) };
    const verdict = judgeFleet([sample(9.2, 'model:default', 2.13)], slowed, story);
    expect(verdict).toMatchObject({ bottleneckRight: 1, judged: 1 });
    expect(verdict.etaErrorMedian).toBeLessThan(0.02);
  });

  test('counts who is let in from when its client knows', () => {
    const onTheWay = line.map((request) => ({ ...request, toldAt: 3 }));
    const samples = [sample(1, null), sample(4, 'model:default', 6)];
    const verdict = judgeFleet(samples, { requests: onTheWay, calls: begunAt(2) }, story);
    expect(verdict).toMatchObject({ bottleneckRight: 1, judged: 2 });
  });

  test('leaves out what depends on when runs that expired made their calls', () => {
    const gone = { ...answered(0, 60), end: 'expired' as const };
    const seenMore = { requests: [gone, gone, gone, gone, ...line.slice(4)], calls: begunAt(2) };
    expect(judgeFleet([sample(8, null)], seenMore, story).judged).toBe(0);
    expect(judgeFleet([sample(1, 'model:default')], seenMore, story).judged).toBe(1);
  });

  test('does not take an idle provider for what calls wait for', () => {
    const starved = { requests: line, calls: begunAt(1.4) };
    expect(judgeFleet([sample(5, 'model:default', 30)], starved, story).judged).toBe(0);
  });

  test('waits for a provider that is away', () => {
    const away = new Capacity([{ from: 0, perSecond: 0 }]);
    const calls = begunAt(2).map(({ at, begun }) => ({ at: at + 10, begun }));
    const verdict = judgeFleet(
      [sample(1, 'model:default'), sample(2, null)],
      { requests: line, calls },
      { ...story, capacity: away },
    );
    expect(verdict).toMatchObject({ bottleneckRight: 0.5, judged: 2 });
  });

  test('knows nothing of a stage that holds answers up behind the provider, except where they come at once', () => {
    const late = { requests: [answered(0, 1), answered(40, 60)], calls: begunAt(2) };
    expect(judgeFleet([sample(41, 'store-lead')], late, story).judged).toBe(0);
    expect(judgeFleet([sample(20, 'store-lead')], late, story).wrong).toEqual([
      { at: 20, named: 'store-lead', truth: null },
    ]);
  });
});

describe('a story', () => {
  const spike = scenario('spike', { quietPerSecond: 1, spikeSeconds: 60, outage: '503' });

  test('has six times the usual arrivals in the spike, the same ones for the same seed', () => {
    const times = arrivals(spike, 1);
    expect(arrivals(spike, 1)).toEqual(times);
    expect(arrivals(spike, 2)).not.toEqual(times);
    const { warmSeconds, spikeSeconds } = spike;
    const over = warmSeconds + spikeSeconds;
    const inSpike = times.filter((at) => at >= warmSeconds && at < over).length;
    expect(inSpike).toBeGreaterThan(310);
    expect(inSpike).toBeLessThan(410);
    expect(times.at(-1)).toBeLessThan(lengthOf(spike));
  });

  test('second by second has its rates, its oldest request and its calls per answer', () => {
    const requests = [answered(1, 3), answered(2, 9), { ...answered(4, 90), end: 'open' as const }];
    const calls = [0, 5, 10].map((at) => ({
      at,
      requests: at,
      answered: 0,
      throttled: 0,
      begun: at,
    }));
    const moments = series({ requests, calls }, 10, 60);
    expect(moments[5]).toMatchObject({
      offered: 0.6,
      goodput: 0.2,
      backlogAge: 3,
      callsPerAnswer: 5,
    });
    expect(moments[10]).toMatchObject({ goodput: 0.2, backlogAge: 6, callsPerAnswer: 5 });
    expect(moments[0]?.callsPerAnswer).toBeNull();
  });
});

test('a pool lets only so many work at once, in the order in which they came', async () => {
  const pool = new Pool(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const all = [0, 1, 2, 3].map((i) =>
    pool.use(async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  await Promise.resolve();
  expect(begun).toEqual([0, 1]);
  ends[0]?.();
  await all[0];
  await Promise.resolve();
  expect(begun).toEqual([0, 1, 2]);
  for (let i = 1; i < 4; i += 1) {
    ends[i]?.();
    await all[i];
    await Promise.resolve();
  }
  expect(begun).toEqual([0, 1, 2, 3]);
});
