/** Calls that line up together take their places with one write. */
import { describe, expect, test } from 'vitest';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import type { QuotaPlace, QuotaRecord } from '#runtime/contracts/quota.ts';
import { newBucket } from '#runtime/core/quota-limits.ts';
import {
  type Block,
  type PlaceRequest,
  placeDueAtMs,
  planTake,
  takenPlaces,
} from '#runtime/core/quota-take.ts';
import { NOW } from '../../support/steps.ts';

const KEY = { quota: 'model:default' };
const LIMITS = { requestsPerSecond: 1 / 0.99, tokensPerMinute: 600 / 0.99, burst: 1 };

const request = (parts: Partial<PlaceRequest> = {}): PlaceRequest => ({
  workflow: 'support',
  lane: 'main',
  deadlineMs: NOW + 60_000,
  tokens: 10,
  ...parts,
});

async function bucket(): Promise<{ ledger: MemoryQuotaLedger; record: QuotaRecord }> {
  const ledger = new MemoryQuotaLedger();
  const record = newBucket(KEY, LIMITS, NOW - 1000);
  await ledger.change({ record, before: null });
  return { ledger, record };
}

async function takeAll(block: Block) {
  const { ledger, record } = await bucket();
  const plan = planTake(record, block, NOW);
  if (plan.kind !== 'take') return plan;
  const taken = await ledger.take(plan.take);
  if (taken.kind !== 'taken') throw new TypeError('conflict');
  const places = takenPlaces(plan.take, block, taken.record);
  return { kind: 'taken', record: taken.record, places } as const;
}

/** Sums of fractions differ in their last digits. */
const rounded = (mark: number | undefined): string | undefined => mark?.toFixed(6);
const marks = ({ request, token }: QuotaPlace) => [rounded(request), rounded(token)];
const ends = ({ requests, tokens, taken }: QuotaRecord) => [
  rounded(requests.next),
  rounded(tokens?.next),
  taken,
];

describe('a block of calls', () => {
  test('gets the places that its calls would get one after the other', async () => {
    const block: Block = [request({ tokens: 5 }), request({ tokens: 30 }), request()];
    const together = await takeAll(block);
    const { ledger, record } = await bucket();
    const alone = [];
    for (let seen = record, i = 0; i < block.length; i += 1) {
      const one: Block = [block[i] ?? request()];
      const plan = planTake(seen, one, NOW);
      if (plan.kind !== 'take') throw new TypeError(plan.kind);
      const taken = await ledger.take(plan.take);
      if (taken.kind !== 'taken') throw new TypeError(taken.kind);
      alone.push(...takenPlaces(plan.take, one, taken.record));
      seen = taken.record;
    }
    if (together.kind !== 'taken') throw new TypeError(together.kind);
    expect(together.places.map(marks)).toEqual(alone.map(marks));
    const [after] = await ledger.read([KEY]);
    expect(after && ends(after)).toEqual(ends(together.record));
  });

  test('takes nothing when the last of it would come too late', async () => {
    const near = request({ deadlineMs: NOW + 1500 });
    expect((await takeAll([near, near])).kind).toBe('taken');
    expect(await takeAll([near, near, near])).toEqual({
      kind: 'too-late',
      dueAtMs: expect.closeTo(NOW + 2000, -1),
    });
  });

  test('is refused by the bucket when others have taken places that make the last of it late', async () => {
    const { ledger, record } = await bucket();
    const near = request({ deadlineMs: NOW + 2500 });
    const first = planTake(record, [near], NOW);
    if (first.kind !== 'take') throw new TypeError(first.kind);
    const after = await ledger.take(first.take);
    if (after.kind !== 'taken') throw new TypeError(after.kind);
    const block = planTake(after.record, [near, near], NOW);
    if (block.kind !== 'take') throw new TypeError(block.kind);
    const other = planTake(after.record, [request()], NOW);
    if (other.kind !== 'take') throw new TypeError(other.kind);
    await ledger.take(other.take);
    expect((await ledger.take(block.take)).kind).toBe('conflict');
  });

  test('spends the tokens of each', async () => {
    const taken = await takeAll([request({ tokens: 50 }), request({ tokens: 50 })]);
    if (taken.kind !== 'taken') throw new TypeError(taken.kind);
    const dues = taken.places.map((place) => placeDueAtMs(taken.record, place, 50) - NOW);
    expect(dues.map((ms) => Math.round(ms / 100))).toEqual([0, 50]);
  });
});
