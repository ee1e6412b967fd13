import { expect, test } from 'vitest';
import type { PlaceKey } from '#runtime/ports.ts';

/** What every PlaceKey does. */
export function testPlaceKey(
  subject: () => {
    /** The stage's key, as a process finds it that was just started. */
    readonly newPlaceKey: () => PlaceKey;
  },
): void {
  test('gives all processes of a stage the same key, also those that are the first at once', async () => {
    const { newPlaceKey } = subject();
    const first = await Promise.all(Array.from({ length: 5 }, () => newPlaceKey().read()));
    const later = await newPlaceKey().read();
    const keys = [...first, later].map((key) => Buffer.from(key).toString('hex'));
    expect(new Set(keys).size).toBe(1);
    expect(later.byteLength).toBe(32);
  });
}
