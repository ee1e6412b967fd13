import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeListings } from '#runtime/core/listing.ts';
import type { RunListing } from '#runtime/ports.ts';

const time = fc.integer({ min: 0, max: 3 }).map((s) => `2026-05-01T12:00:0${s}.000Z`);

const listing: fc.Arbitrary<RunListing> = fc
  .record(
    {
      acceptedAt: time,
      startedAt: time,
      deadlineAt: time,
      tags: fc.dictionary(fc.constantFrom('a', 'b'), fc.constantFrom('1', '2')),
      status: fc.record({
        version: fc.constantFrom('0#1', '0#2', '1#0'),
        status: fc.constantFrom('running', 'failed', 'succeeded'),
        gen: fc.nat(2),
        at: time,
      }),
    },
    { requiredKeys: [] },
  )
  .map((facts) => ({ run: 'r', tenant: 't', workflow: 'w', ...facts }));

describe('mergeListings (R11)', () => {
  test('does not care for order', () => {
    fc.assert(
      fc.property(listing, listing, (a, b) => {
        expect(mergeListings(a, b)).toEqual(mergeListings(b, a));
      }),
    );
  });

  test('does not care for grouping', () => {
    fc.assert(
      fc.property(listing, listing, listing, (a, b, c) => {
        expect(mergeListings(mergeListings(a, b), c)).toEqual(
          mergeListings(a, mergeListings(b, c)),
        );
      }),
    );
  });

  test('does not care for repetition', () => {
    fc.assert(
      fc.property(listing, listing, (a, b) => {
        expect(mergeListings(a, a)).toEqual(a);
        expect(mergeListings(mergeListings(a, b), b)).toEqual(mergeListings(a, b));
      }),
    );
  });

  test('lets a status only grow', () => {
    fc.assert(
      fc.property(listing, listing, (a, b) => {
        const { status } = mergeListings(a, b);
        const versions = [a, b].map((part) => part.status?.version ?? '');
        expect(status?.version ?? '').toBe(versions.toSorted().at(-1));
      }),
    );
  });
});
