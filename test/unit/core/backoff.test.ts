import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs, fractionOf } from '#runtime/core/backoff.ts';
import { base32 } from '#runtime/core/run-id.ts';

const backoff = { attempts: 9, baseMs: 50, capMs: 1000 };

describe('backoffMs', () => {
  test('doubles its limit from try to try, up to the cap', () => {
    const longest = [1, 2, 3, 4, 5, 6, 7].map((tries) => backoffMs(backoff, tries, 1));
    expect(longest).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  });

  test('spreads over all of it', () => {
    expect(backoffMs(backoff, 2, 0)).toBe(0);
    expect(backoffMs(backoff, 2, 0.5)).toBe(50);
  });
});

describe('fractionOf', () => {
  test('is at least 0 and less than 1 for every random id', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 17, maxLength: 17 }), (bytes) => {
        const fraction = fractionOf(base32(bytes));
        expect(fraction).toBe(((bytes[0] ?? 0) * 4 + ((bytes[1] ?? 0) >> 6)) / 1024);
      }),
    );
  });
});
