/** What the fleet view says of a quota's line against the places that were given out in it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import type { QuotaPlace, QuotaRecord } from '#runtime/contracts/quota.ts';
import { newBucket, ordered } from '#runtime/core/quota-limits.ts';
import { throttled } from '#runtime/core/quota-pace.ts';
import { placeDueAtMs, planTake, takenPlace } from '#runtime/core/quota-take.ts';
import { quotaViewOf } from '#runtime/core/quota-view.ts';

const T0 = Date.UTC(2026, 0, 1);
const KEY = { quota: 'model:default' };

type Act =
  | { readonly kind: 'call'; readonly lane: 'main' | 'fast' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'rate'; readonly perSecond: number }
  | { readonly kind: '429'; readonly retryAfterSeconds: number | undefined };

const calls = (lane: 'main' | 'fast') => fc.constant<Act>({ kind: 'call', lane });
const wait = fc.nat(3000).map((ms): Act => ({ kind: 'wait', ms }));
const rate = fc.integer({ min: 1, max: 40 }).map((perSecond): Act => ({ kind: 'rate', perSecond }));
const refusal = fc
  .option(fc.integer({ min: 1, max: 20 }), { nil: undefined })
  .map((retryAfterSeconds): Act => ({ kind: '429', retryAfterSeconds }));

const story = (...acts: readonly fc.WeightedArbitrary<Act>[]) =>
  fc.record({
    burst: fc.integer({ min: 1, max: 5 }),
    acts: fc.array(fc.oneof({}, ...acts), { minLength: 1, maxLength: 80 }),
  });

/** Plays a story; gives the bucket, the places that were given out, and the time at its end. */
async function played(burst: number, acts: readonly Act[]) {
  const ledger = new MemoryQuotaLedger();
  const limits = { requestsPerSecond: 5, burst };
  let nowMs = T0;
  await ledger.change({ record: newBucket(KEY, limits, nowMs), before: null });
  const bucket = async (): Promise<QuotaRecord> => {
    const [record] = await ledger.read([KEY]);
    if (!record) throw new TypeError('no bucket');
    return record;
  };
  const places: QuotaPlace[] = [];
  const act = {
    call: async (lane: 'main' | 'fast') => {
      const request = { workflow: 'w', lane, deadlineMs: Number.POSITIVE_INFINITY, tokens: 0 };
      const plan = planTake(await bucket(), [request], nowMs);
      if (plan.kind !== 'take') return;
      const taken = await ledger.take(plan.take);
      if (taken.kind === 'taken') places.push(takenPlace(plan.take, taken.record));
    },
    change: async (change: (record: QuotaRecord) => QuotaRecord) => {
      const before = await bucket();
      await ledger.change({ record: change(before), before });
    },
  };
  for (const one of acts) {
    if (one.kind === 'call') await act.call(one.lane);
    else if (one.kind === 'wait') nowMs += one.ms;
    else if (one.kind === '429') {
      await act.change((record) => throttled(record, one.retryAfterSeconds, nowMs));
    } else {
      const order = { requestsPerSecond: one.perSecond };
      await act.change((record) => ordered(record, order, { configuration: limits, nowMs }));
    }
  }
  const record = await bucket();
  // What was due when the line froze has gone, whatever the line says of it now.
  const dueMs = places
    .map((place) => placeDueAtMs(record, place, 0))
    .filter((ms) => ms > Math.max(nowMs, record.requests.t0) + 0.001);
  return { record, nowMs, dueMs };
}

describe('a quota in the fleet view', () => {
  it('counts exactly the calls whose turn has not come, and clears with the last of them', async () => {
    const acts = story(
      { weight: 6, arbitrary: calls('main') },
      { weight: 1, arbitrary: wait },
      { weight: 1, arbitrary: rate },
      { weight: 1, arbitrary: refusal },
    );
    await fc.assert(
      fc.asyncProperty(acts, async ({ burst, acts: played_ }) => {
        const { record, nowMs, dueMs } = await played(burst, played_);
        const view = quotaViewOf(record, undefined, nowMs);
        expect(view.ticketsAhead).toBe(dueMs.length);
        const clearsInSeconds = dueMs.length === 0 ? 0 : (Math.max(...dueMs) - nowMs) / 1000;
        expect(view.clearsInSeconds).toBeCloseTo(clearsInSeconds, 2);
        expect(view.waitSeconds).toBeGreaterThanOrEqual(clearsInSeconds - 0.001);
      }),
      { numRuns: 400 },
    );
  });

  it('clears with the last call also when some went ahead', async () => {
    const acts = story(
      { weight: 6, arbitrary: calls('main') },
      { weight: 3, arbitrary: calls('fast') },
      { weight: 1, arbitrary: wait },
      { weight: 1, arbitrary: rate },
    );
    await fc.assert(
      fc.asyncProperty(acts, async ({ burst, acts: played_ }) => {
        const { record, nowMs, dueMs } = await played(burst, played_);
        const view = quotaViewOf(record, undefined, nowMs);
        const clearsInSeconds = dueMs.length === 0 ? 0 : (Math.max(...dueMs) - nowMs) / 1000;
        expect(view.clearsInSeconds).toBeCloseTo(clearsInSeconds, 2);
      }),
      { numRuns: 200 },
    );
  });
});
