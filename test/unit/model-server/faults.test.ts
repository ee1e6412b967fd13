import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FaultPlan, type Faults, NO_FAULTS } from '../../../localstack/model-server/faults.ts';

const plan = (faults: Partial<Faults>, seed = 1) =>
  new FaultPlan({ ...NO_FAULTS, ...faults }, seed, 0);
const fates = (of: FaultPlan, count: number, atMs = 0) =>
  Array.from({ length: count }, () => of.next(atMs));

describe('a fault plan', () => {
  test('F1: the same seed gives the same fates, another one others', () => {
    const faults = { latency: { medianMs: 100, sigma: 1 }, errorRate: 0.3, hangRate: 0.1 };
    expect(fates(plan(faults), 50)).toEqual(fates(plan(faults), 50));
    expect(fates(plan(faults, 2), 50)).not.toEqual(fates(plan(faults), 50));
  });

  test('a fixed latency is the median itself', () => {
    const given = fates(plan({ latency: { medianMs: 100, sigma: 0 } }), 10);
    expect(given).toEqual(given.map(() => ({ kind: 'answer', delayMs: 100 })));
  });

  test('a log-normal latency has its median in the middle and a longer upper tail', () => {
    const delays = fates(plan({ latency: { medianMs: 100, sigma: 0.5 } }), 2001)
      .map((fate) => ('delayMs' in fate ? fate.delayMs : 0))
      .sort((a, b) => a - b);
    const at = (share: number) => delays[Math.floor(delays.length * share)] ?? 0;
    expect(at(0.5)).toBeGreaterThan(93);
    expect(at(0.5)).toBeLessThan(107);
    expect(at(0.95) - at(0.5)).toBeGreaterThan(at(0.5) - at(0.05));
  });

  test('faults come at their rates', () => {
    const given = fates(plan({ errorRate: 0.3, hangRate: 0.1 }), 2000);
    const share = (kind: string) => given.filter((fate) => fate.kind === kind).length / 2000;
    expect(share('error')).toBeCloseTo(0.3, 1);
    expect(share('hang')).toBeCloseTo(0.1, 1);
  });

  test('beyond its burst a rate limit says when to come back', () => {
    const limited = plan({ rateLimit: { perSecond: 0.5, burst: 2 } });
    expect(fates(limited, 3).map(({ kind }) => kind)).toEqual(['answer', 'answer', 'throttle']);
    expect(limited.next(0)).toMatchObject({ kind: 'throttle', retryAfterSeconds: 2 });
    expect(limited.next(2000).kind).toBe('answer');
  });

  test('F2: refused requests do not change what the others get', () => {
    const faults = { latency: { medianMs: 100, sigma: 1 } };
    const limited = plan({ ...faults, rateLimit: { perSecond: 1, burst: 1 } });
    const answered = [0, 0, 1000, 1000, 2000]
      .map((atMs) => limited.next(atMs))
      .filter(({ kind }) => kind !== 'throttle');
    expect(answered).toEqual(fates(plan(faults), 3));
  });

  test('over any arrivals no more get through than rate and burst allow', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 10_000 }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(
        arrivals,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 10 }),
        (times, perSecond, burst) => {
          const limited = plan({ rateLimit: { perSecond, burst } });
          const sorted = times.toSorted((a, b) => a - b);
          const passed = sorted.filter((atMs) => limited.next(atMs).kind === 'answer').length;
          const windowSeconds = (sorted.at(-1) ?? 0) / 1000;
          expect(passed).toBeLessThanOrEqual(burst + windowSeconds * perSecond + 1e-6);
        },
      ),
    );
  });

  test('what a change does not name stays', () => {
    const changed = plan({ errorRate: 1, rateLimit: { perSecond: 1, burst: 1 } });
    changed.change({ latency: { medianMs: 5, sigma: 0 } }, 0);
    expect(changed.faults).toMatchObject({ errorRate: 1, rateLimit: { burst: 1 } });
    changed.change({ rateLimit: null }, 0);
    expect(fates(changed, 3)).toEqual(Array(3).fill({ kind: 'error', delayMs: 5 }));
  });
});

describe('overload and outages', () => {
  test('every other request in flight makes an answer slower by its share', () => {
    const loaded = plan({ latency: { medianMs: 100, sigma: 0, perInFlight: 0.05 } });
    expect(loaded.next(0, 0)).toEqual({ kind: 'answer', delayMs: 100 });
    expect(loaded.next(0, 20)).toEqual({ kind: 'answer', delayMs: 200 });
  });

  test.each([
    { outage: '503', kind: 'unavailable' },
    { outage: 'hang', kind: 'hang' },
  ] as const)(
    'F2: during an outage ($outage) nobody gets an answer, and no luck is used up',
    ({ outage, kind }) => {
      const faults = { latency: { medianMs: 100, sigma: 1 } };
      const failing = plan({ ...faults, outage });
      expect(fates(failing, 3)).toEqual(Array(3).fill({ kind }));
      failing.change({ outage: null }, 0);
      expect(fates(failing, 3)).toEqual(fates(plan(faults), 3));
    },
  );

  test('a rate that changes silently gives no second burst', () => {
    const halved = plan({ rateLimit: { perSecond: 2, burst: 4 } });
    fates(halved, 4);
    halved.change({ rateLimit: { perSecond: 1, burst: 4 } }, 500);
    expect(fates(halved, 2, 500).map(({ kind }) => kind)).toEqual(['answer', 'throttle']);
    expect(fates(halved, 2, 1500).map(({ kind }) => kind)).toEqual(['answer', 'throttle']);
  });

  test('a refusal takes as long as it is told to', () => {
    const far = plan({ rateLimit: { perSecond: 1, burst: 1, refusalMs: 80 } });
    expect(fates(far, 2)[1]).toEqual({ kind: 'throttle', retryAfterSeconds: 1, delayMs: 80 });
  });
});
