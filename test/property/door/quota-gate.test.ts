/**
 * R7: whatever processes, crashes, refusals and operators do, over any window the calls through a quota
 * are at most what its rate lets through, its burst, and what may be late in each of its lanes.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { QuotaOrder } from '#runtime/core/quota-limits.ts';
import {
  type BucketChange,
  type MadeCall,
  PLAIN_CALL,
  type PlannedCall,
  type QuotaStory,
  type Told,
  tellQuotaStory,
} from '../../support/quota-world.ts';

const SKEW_MS = 250;
/** A place is used at most a second late by its lane's clock. */
const LATE_MS = 1000;
/** From a look at a clock until what was decided by it is written. */
const WRITTEN_MS = 25;

/** A story takes some forty milliseconds. */
const TIMEOUT_MS = 60_000;

const outcome = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'answered', usedTokens: 0 } as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('throttled' as const),
      retryAfterSeconds: fc.constantFrom(undefined, 1, 2, 5),
    }),
  },
);

const plannedCall: fc.Arbitrary<PlannedCall> = fc.record({
  atMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 12_000 })),
  process: fc.nat(9),
  tenant: fc.constantFrom('t-1', 't-2'),
  isFast: fc.boolean(),
  lateMs: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 600 }) },
    { weight: 2, arbitrary: fc.integer({ min: 600, max: 4000 }) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  durationMs: fc.integer({ min: 10, max: 2500 }),
  outcome,
});

const order: fc.Arbitrary<QuotaOrder> = fc.oneof(
  fc.record({ requestsPerSecond: fc.constantFrom(0.5, 2, 8, 20) }),
  fc.constant({ paused: true }),
  fc.constant({ paused: false }),
  fc.constant({ reset: true as const }),
);

const story: fc.Arbitrary<QuotaStory> = fc.record({
  limits: fc.record({
    requestsPerSecond: fc.constantFrom(1, 4, 10),
    burst: fc.constantFrom(1, 2, 4),
  }),
  skewsMs: fc.array(fc.integer({ min: -SKEW_MS, max: SKEW_MS }), { minLength: 1, maxLength: 4 }),
  calls: fc.array(plannedCall, { minLength: 1, maxLength: 70, size: 'max' }),
  orders: fc.array(fc.record({ atMs: fc.integer({ min: 0, max: 15_000 }), order }), {
    maxLength: 5,
    size: 'max',
  }),
  stalls: fc.array(
    fc.record({
      fromMs: fc.integer({ min: 0, max: 12_000 }),
      forMs: fc.integer({ min: 0, max: 5000 }),
    }),
    { maxLength: 2 },
  ),
});

/**
 * When the stall ends, places of both lanes are up to a second late: those that were due when calls went
 * ahead, while whose turns the main lane's clock stood still, and those of the calls that went ahead.
 */
const LATE_IN_BOTH_LANES: QuotaStory = {
  limits: { requestsPerSecond: 4, burst: 1 },
  skewsMs: [0],
  calls: [
    ...Array.from({ length: 20 }, () => PLAIN_CALL),
    ...Array.from({ length: 13 }, () => ({ ...PLAIN_CALL, atMs: 2950, isFast: true })),
  ],
  orders: [],
  stalls: [{ fromMs: 1400, forMs: 4600 }],
};

describe('calls through a quota (R7)', () => {
  test(
    'keep within rate and burst over any window',
    async () => {
      await fc.assert(
        fc.asyncProperty(story, async (told) => {
          assertWithin(told, await tellQuotaStory(told));
        }),
        { numRuns: 100, endOnFailure: true, examples: [[LATE_IN_BOTH_LANES]] },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'keep within the rate of each tenant that has one of its own',
    async () => {
      const perTenant = { requestsPerSecond: 2, burst: 1 };
      // Calls that wait in the shared line, each for another time, bunch in their tenant's: here none does.
      const quiet = story.map((told) => ({
        ...told,
        orders: [],
        stalls: [],
        calls: told.calls.map(asUntroubled),
        limits: { requestsPerSecond: 100, perTenant },
      }));
      await fc.assert(
        fc.asyncProperty(quiet, async (told) => {
          const { made } = await tellQuotaStory(told);
          for (const tenant of ['t-1', 't-2']) {
            const own = made.filter((call) => call.tenant === tenant);
            assertEvery(
              own,
              (spanMs) => (2 * (spanMs + LATE_MS + 2 * (SKEW_MS + WRITTEN_MS))) / 1000 + 1,
            );
          }
        }),
        { numRuns: 40, endOnFailure: true },
      );
    },
    TIMEOUT_MS,
  );

  test(
    'are all made, or refused, when nobody crashes',
    async () => {
      const patient = story.map((told) => ({
        ...told,
        calls: told.calls.map((call) => ({ ...call, lateMs: call.lateMs ?? 0 })),
        orders: [],
      }));
      await fc.assert(
        fc.asyncProperty(patient, async (told) => {
          const { made, refused } = await tellQuotaStory(told);
          expect(made.length + refused).toBe(told.calls.length);
        }),
        { numRuns: 40, endOnFailure: true },
      );
    },
    TIMEOUT_MS,
  );
});

const asUntroubled = (call: PlannedCall): PlannedCall => ({
  ...call,
  isFast: false,
  lateMs: Math.min(call.lateMs ?? 0, 600),
  outcome: { kind: 'answered', usedTokens: 0 },
});

/** The fast lane's places are apart by one, too, and its first is due at once. */
const FAST = 1;
const LANES = 2;

/**
 * Places of a lane are one apart, and those used in a window are shown by its clock between the window's
 * beginning, less what may be late then, and its end; the main lane's a burst less one earlier. What the
 * fast lane takes of the clock, the main lane's lacks. So both together use what the clock passes, the
 * burst, one more (FAST), and what is late in each. A bucket that opens anew begins with nobody late.
 */
function assertWithin(
  { limits: { burst = 2 }, skewsMs }: QuotaStory,
  { made, changes, endedMs }: Told,
): void {
  // An operator's clock is right.
  const clocks = { behindMs: Math.min(0, ...skewsMs), aheadMs: Math.max(0, ...skewsMs) };
  assertEvery(made, (spanMs, fromMs) => {
    const untilMs = fromMs + spanMs;
    const late = (LANES * topRate(changes, fromMs, untilMs) * LATE_MS) / 1000;
    const atOnce = (burst + FAST) * (1 + openings(changes, fromMs, untilMs));
    return passed(changes, { fromMs, untilMs, endedMs }, clocks) + late + atOnce;
  });
}

/** @param most calls in a window of so long that begins then */
function assertEvery(
  made: readonly MadeCall[],
  most: (spanMs: number, fromMs: number) => number,
): void {
  const times = made.map(({ atMs }) => atMs).sort((a, b) => a - b);
  for (const [first, fromMs] of times.entries()) {
    for (let last = first; last < times.length; last += 1) {
      const spanMs = (times[last] ?? 0) - fromMs;
      const allowed = most(spanMs, fromMs);
      if (last - first + 1 <= allowed + 1e-6) continue;
      throw new Error(
        `${last - first + 1} calls within ${spanMs} ms from ${fromMs}; allowed: ${allowed.toFixed(2)}`,
      );
    }
  }
}

/** What the bucket's rate lets through in a window, by the clocks of those who look and of those who change it. */
function passed(
  changes: readonly BucketChange[],
  window: { readonly fromMs: number; readonly untilMs: number; readonly endedMs: number },
  { behindMs, aheadMs }: { readonly behindMs: number; readonly aheadMs: number },
): number {
  const [fromMs, untilMs] = [window.fromMs + behindMs, window.untilMs + aheadMs];
  let sum = 0;
  for (const [i, { atMs, record }] of changes.entries()) {
    const nextMs = changes[i + 1]?.atMs ?? window.endedMs + 60_000;
    const { rate, t0 } = record.requests;
    const frozenUntilMs = t0 > atMs + 1000 ? t0 : 0;
    const begins = Math.max(atMs + behindMs - WRITTEN_MS, frozenUntilMs, fromMs);
    const ends = Math.min(nextMs + aheadMs, untilMs);
    if (!record.closed) sum += (Math.max(0, ends - begins) / 1000) * rate;
  }
  return sum;
}

/** The highest rate that is in force at any instant of the span. */
const topRate = (changes: readonly BucketChange[], fromMs: number, untilMs: number): number =>
  Math.max(
    ...changes
      .filter(({ atMs }, i) => atMs <= untilMs && (changes[i + 1]?.atMs ?? untilMs) >= fromMs)
      .map(({ record }) => record.requests.rate),
  );

const openings = (changes: readonly BucketChange[], fromMs: number, untilMs: number): number =>
  changes.filter(
    ({ atMs, record }, i) =>
      atMs >= fromMs && atMs <= untilMs && i > 0 && record.epoch !== changes[i - 1]?.record.epoch,
  ).length;
