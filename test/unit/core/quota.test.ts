/** The arithmetic of quotas: lines, pace, outages, limits, what a call's end changes. */
import { describe, expect, test } from 'vitest';
import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import { configured, newBucket, ordered } from '#runtime/core/quota-limits.ts';
import {
  dueAtMs,
  emptyLine,
  frozen,
  laneClock,
  lastPlace,
  rebased,
} from '#runtime/core/quota-line.ts';
import { answered, awayMs, failed, probed } from '#runtime/core/quota-outage.ts';
import { afterCall, typicalMs, unusedTokens } from '#runtime/core/quota-outcome.ts';
import { grown, throttled } from '#runtime/core/quota-pace.ts';

const T0 = Date.UTC(2026, 4, 1, 12);
const at = (seconds: number): number => T0 + seconds * 1000;
const LIMITS = { requestsPerSecond: 10 };
const bucket = (): QuotaRecord => newBucket({ quota: 'crm' }, LIMITS, T0);

/** `apply` so often, each time a second after the one before. */
function everySecond(
  record: QuotaRecord,
  apply: (record: QuotaRecord, nowMs: number) => QuotaRecord | null,
  { from, until }: { readonly from: number; readonly until: number },
): QuotaRecord {
  let last = record;
  for (let second = from; second <= until; second += 1) last = apply(last, at(second)) ?? last;
  return last;
}

describe('a line', () => {
  const line = { ...emptyLine(2, T0), next: 10 };

  test('shows a place when its clock has come there, a burst less one earlier', () => {
    expect(dueAtMs(line, 'main', 10, 0)).toBe(at(5));
    expect(dueAtMs(line, 'main', 10, 1)).toBe(at(4.5));
    expect(lastPlace(line, 'main', at(5), 0)).toBe(10);
  });

  test('moves the places given out with its rate, and no clock at that instant (Q3)', () => {
    const slower = rebased(line, 0.5, at(3));
    expect(laneClock(slower, 'main', at(3))).toBe(6);
    expect(dueAtMs(slower, 'main', 10, 0)).toBe(at(11));
  });

  test('has nothing due before it moves again, not even what was due already (Q2)', () => {
    const still = frozen(line, at(20), at(3));
    expect(dueAtMs(still, 'main', 1, 0)).toBe(at(20));
    expect(dueAtMs(still, 'main', 10, 0)).toBe(at(22));
    expect(dueAtMs(rebased(still, 4, at(5)), 'main', 10, 0)).toBe(at(21));
    expect(lastPlace(still, 'main', at(19), 0)).toBe(Number.NEGATIVE_INFINITY);
  });

  test('moves back by what went ahead, and the fast lane does not', () => {
    const pushed = { ...line, pushed: 4 };
    expect(dueAtMs(pushed, 'main', 10, 0)).toBe(at(7));
    expect(dueAtMs(pushed, 'fast', 10, 0)).toBe(at(5));
  });

  test('stands still while those who go ahead have their turns, and comes to no place again (Q4)', () => {
    // At three seconds, when its clock showed 6, two went ahead.
    const pushed = { ...line, pushed: 2, fastNext: 8 };
    expect([3, 3.5, 4, 5].map((s) => laneClock(pushed, 'main', at(s)))).toEqual([6, 6, 6, 8]);
    expect(dueAtMs(pushed, 'main', 6, 0)).toBeLessThanOrEqual(at(3));
    expect(dueAtMs(pushed, 'main', 7, 1)).toBeLessThanOrEqual(at(3));
    expect(dueAtMs(pushed, 'main', 7, 0)).toBe(at(4.5));
  });
});

describe('a 429', () => {
  test('cuts the pace by a tenth, once for all that were under way together', () => {
    const once = throttled(bucket(), undefined, at(1));
    const twice = throttled(once, 1, at(2));
    expect(once).toMatchObject({ pace: 0.9, failedPace: 1, throttled: 1, ver: 2 });
    expect(once.requests.rate).toBeCloseTo(8.91, 9);
    expect(twice).toMatchObject({ pace: 0.9, throttled: 2, ver: 3 });
    expect(twice.requests.t0).toBe(at(1));
  });

  test('cuts by a fifth when the last cut was a moment ago', () => {
    const soon = throttled(throttled(bucket(), undefined, at(1)), undefined, at(6));
    expect(soon.pace).toBeCloseTo(0.72, 9);
    const later = throttled(throttled(bucket(), undefined, at(1)), undefined, at(8));
    expect(later.pace).toBeCloseTo(0.81, 9);
  });

  test('moves all places behind its Retry-After, five minutes at most', () => {
    expect(throttled(bucket(), 30, at(1)).requests.t0).toBe(at(31));
    expect(throttled(bucket(), 86_400, at(1)).requests.t0).toBe(at(301));
  });

  test('never stops the line, however often it comes', () => {
    const low = everySecond(bucket(), (r, now) => throttled(r, undefined, now), {
      from: 1,
      until: 600,
    });
    expect(low.pace).toBe(0.01);
    expect(everySecond(low, grown, { from: 601, until: 1800 }).pace).toBe(1);
  });
});

describe('answers after a 429', () => {
  test('bring the pace that failed back in 40 seconds, and the whole rate later', () => {
    const cut = throttled(throttled(bucket(), undefined, at(1)), undefined, at(5));
    const soon = everySecond(cut, grown, { from: 6, until: 10 });
    expect(soon.pace).toBeLessThan(0.85);
    const back = everySecond(cut, grown, { from: 6, until: 45 });
    expect(back.pace).toBeCloseTo(0.9, 6);
    expect(everySecond(cut, grown, { from: 6, until: 150 }).pace).toBe(1);
  });

  test('change the pace once a second at most, and never without a cut', () => {
    const cut = throttled(bucket(), undefined, at(1));
    expect(grown(cut, at(1.9))).toBeNull();
    expect(grown(cut, at(2))?.pace).toBeGreaterThan(0.9);
    expect(grown(bucket(), at(60))).toBeNull();
  });
});

describe('an outage', () => {
  const closed = (): QuotaRecord =>
    everySecond(bucket(), (r, now) => failed(r, 1, now), { from: 1, until: 5 });

  test('begins with five failures in a row', () => {
    const four = everySecond(bucket(), (r, now) => failed(r, 1, now), { from: 1, until: 4 });
    expect(four.closed).toBeUndefined();
    expect(answered(four, at(4), at(5))).toMatchObject({ failures: 0, ver: 6 });
    expect(closed().closed).toMatchObject({ kind: 'outage', atMs: at(5) });
  });

  test('is probed by one call at a time, less often as it grows old', () => {
    expect(probed(closed(), at(6.9))).toBeNull();
    const first = probed(closed(), at(7));
    expect(first?.closed).toMatchObject({ probeAtMs: at(9) });
    expect(first && probed(first, at(8))).toBeNull();
    expect(probed(closed(), at(11))?.closed).toMatchObject({ probeAtMs: at(17) });
    expect(probed(closed(), at(65))?.closed).toMatchObject({ probeAtMs: at(75) });
  });

  test('ends with the first answer to a call that began after it had (O2), and voids all places (O3)', () => {
    expect(answered(closed(), at(4), at(8))).toBeNull();
    const over = answered(closed(), at(7), at(8));
    expect(over).toMatchObject({ epoch: 2, failures: 0, requests: { next: 0, v0: 0, t0: at(8) } });
    expect(over?.closed).toBeUndefined();
    expect(over && failed(over, 1, at(9))).toBeNull();
  });

  test('keeps calls away for two to ten seconds', () => {
    const atMs = at(0);
    const away = (fraction: number, seconds: number) =>
      awayMs({ kind: 'paused', atMs }, fraction, at(seconds));
    expect([away(0, 1), away(1, 1), away(0, 90), away(1, 90)]).toEqual([2000, 4000, 2000, 10_000]);
  });
});

describe('limits', () => {
  test('follow a new configuration, and not against an operator (L1)', () => {
    const record = throttled(bucket(), undefined, at(1));
    const faster = { requestsPerSecond: 20, burst: 3 };
    expect(configured(record, LIMITS, at(2))).toBeNull();
    expect(configured(record, faster, at(2))).toMatchObject({ ver: 3, pace: 1, limits: faster });
    const context = { configuration: LIMITS, nowMs: at(2) };
    const set = ordered(record, { requestsPerSecond: 5 }, context);
    expect(set).toMatchObject({ setBy: 'operator', pace: 1, requests: { rate: 4.95 } });
    expect(configured(set, faster, at(3))).toBeNull();
    expect(ordered(set, { reset: true }, context)).toMatchObject({
      setBy: 'config',
      limits: LIMITS,
      ver: 4,
    });
  });

  test('let an operator pause a quota, which no answer opens, and go on in a new epoch', () => {
    const context = { configuration: LIMITS, nowMs: at(2) };
    const paused = ordered(bucket(), { paused: true }, context);
    expect(paused.closed).toEqual({ kind: 'paused', atMs: at(2) });
    expect(answered(paused, at(3), at(4))).toBeNull();
    expect(probed(paused, at(90))).toBeNull();
    const open = ordered(paused, { paused: false }, context);
    expect(open).toMatchObject({ epoch: 2, ver: 3 });
    expect(open.closed).toBeUndefined();
  });
});

describe('what a call teaches', () => {
  test('changes a healthy bucket in nothing', () => {
    const outcome = { kind: 'answered', usedTokens: 5 } as const;
    expect(afterCall(bucket(), { epoch: 1, beganAtMs: at(1), outcome }, at(2))).toBeNull();
  });

  test('is one change when it ends a row of failures and a slow time at once', () => {
    const record = { ...throttled(bucket(), undefined, at(1)), failures: 3 };
    const outcome = { kind: 'answered', usedTokens: 0 } as const;
    const after = afterCall(record, { epoch: 1, beganAtMs: at(2), outcome }, at(5));
    expect(after).toMatchObject({ failures: 0, ver: record.ver + 1 });
    expect(after?.pace).toBeGreaterThan(0.9);
  });

  test('returns what it did not use: all when refused, nothing when nobody knows', () => {
    expect(unusedTokens(900, { kind: 'answered', usedTokens: 250 })).toBe(650);
    expect(unusedTokens(900, { kind: 'answered', usedTokens: 1000 })).toBe(-100);
    expect(unusedTokens(900, { kind: 'throttled' })).toBe(900);
    expect(unusedTokens(900, { kind: 'unavailable' })).toBe(0);
  });

  test('moves the typical duration by a tenth of the difference', () => {
    expect(typicalMs(undefined, 800)).toBe(800);
    expect(typicalMs(800, 1800)).toBe(900);
  });
});
