import { describe, expect, test } from 'vitest';
import { leadMs, type Wake, withWake } from '#runtime/core/wake-lead.ts';

const NOW = 1_000_000;
const TIMEOUT_MS = 60_000;

const wakes = (...late: readonly number[]): readonly Wake[] =>
  late.reduce<readonly Wake[]>(
    (before, lateMs, second) => withWake(before, { atMs: NOW + second * 1000, lateMs }),
    [],
  );

describe('the lead of a wake', () => {
  test('is what an idle machine needs until one was late (A1)', () => {
    expect(leadMs([], TIMEOUT_MS, NOW)).toBe(500);
    expect(leadMs(wakes(-20, 120), TIMEOUT_MS, NOW)).toBe(500);
  });

  test('is as long as the latest of them was late (A2)', () => {
    expect(leadMs(wakes(200, 1700, 300), TIMEOUT_MS, NOW + 3000)).toBe(1700);
  });

  test('is no longer than a call waits in place, nor than a tenth of its attempt (A1)', () => {
    expect(leadMs(wakes(9000), TIMEOUT_MS, NOW)).toBe(3000);
    expect(leadMs(wakes(9000), 15_000, NOW)).toBe(1500);
    expect(leadMs(wakes(9000), 1000, NOW)).toBe(500);
  });

  test('falls when none was as late for half a minute (A2)', () => {
    const seen = wakes(2500, 800);
    expect(leadMs(seen, TIMEOUT_MS, NOW + 30_000)).toBe(2500);
    expect(leadMs(seen, TIMEOUT_MS, NOW + 30_001)).toBe(800);
    expect(leadMs(seen, TIMEOUT_MS, NOW + 40_000)).toBe(500);
  });

  test('is told by what is remembered, which does not grow for ever', () => {
    const seen = Array.from({ length: 1000 }, (_, second) => second).reduce<readonly Wake[]>(
      (before, second) => withWake(before, { atMs: NOW + second * 1000, lateMs: 0 }),
      [],
    );
    expect(seen).toHaveLength(31);
  });
});
