import { describe, expect, test } from 'vitest';
import type { System } from '#runtime/ports.ts';

export interface SystemSubject {
  readonly system: System;
  /** Lets at least so much time pass on the system's clock. */
  readonly pass: (ms: number) => Promise<void>;
}

/** What every System does. */
export function testSystem(subject: () => SystemSubject): void {
  test('counts milliseconds onward', async () => {
    const { system, pass } = subject();
    const before = system.now();
    await pass(20);
    expect(system.now()).toBeGreaterThanOrEqual(before + 20);
    expect(Number.isInteger(system.now())).toBe(true);
  });

  test('makes ids of 26 characters that differ', () => {
    const { system } = subject();
    const ids = Array.from({ length: 200 }, () => system.randomId());
    for (const id of ids) expect(id).toMatch(/^[0-9a-hjkmnp-tv-z]{26}$/);
    expect(new Set(ids).size).toBe(200);
  });

  describe('sleep', () => {
    test('resolves after its time, the shorter one first', async () => {
      const { system, pass } = subject();
      const woken: string[] = [];
      const long = system.sleep(60).then(() => woken.push('long'));
      const short = system.sleep(20).then(() => woken.push('short'));
      expect(woken).toEqual([]);
      await pass(100);
      await Promise.all([long, short]);
      expect(woken).toEqual(['short', 'long']);
    });

    test('resolves at once when its signal aborts', async () => {
      const { system } = subject();
      const controller = new AbortController();
      const before = system.now();
      const slept = system.sleep(60_000, controller.signal);
      controller.abort();
      await slept;
      expect(system.now() - before).toBeLessThan(10_000);
    });

    test('resolves at once when its signal has aborted before, or for no time', async () => {
      const { system } = subject();
      await system.sleep(60_000, AbortSignal.abort());
      await system.sleep(0);
    });
  });
}
