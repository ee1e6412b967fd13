import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { paced } from '../../../../cli/bulk/pace.ts';

const THINGS = Array.from({ length: 12 }, (_, i) => i);
const never = new AbortController().signal;
/** Timers come up to about a millisecond early. */
const EARLY_MS = 2;

/** The instants at which things were begun, each with what it took. */
async function begun(
  pace: Partial<Parameters<typeof paced>[1]>,
  work: (thing: number) => Promise<void> = async () => {},
) {
  const times: number[] = [];
  await paced(THINGS, { perSecond: 200, atOnce: 4, signal: never, ...pace }, async (thing) => {
    times.push(performance.now());
    await work(thing);
  });
  return times;
}

const gaps = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((time, i) => time - (times[i] ?? 0));

describe('paced', () => {
  test('works on every thing once', async () => {
    const seen: number[] = [];
    await paced(THINGS, { perSecond: 1000, atOnce: 3, signal: never }, async (thing) => {
      seen.push(thing);
    });
    expect(seen.toSorted((a, b) => a - b)).toEqual(THINGS);
  });

  test('P1: begins no two sooner after each other than the rate says', async () => {
    const start = performance.now();
    const times = await begun({});
    for (const [i, time] of times.entries()) expect(time - start).toBeGreaterThan(i * 5 - EARLY_MS);
  });

  test('P1: does not catch up after a time in which it was held up', async () => {
    const times = await begun({ atOnce: 1 }, async (thing) => {
      if (thing === 3) await sleep(80);
    });
    const after = gaps(times).slice(4);
    expect(after.reduce((sum, gap) => sum + gap, 0)).toBeGreaterThan(after.length * 5 - EARLY_MS);
  });

  test('P2: has no more under way than it may', async () => {
    let [now, most] = [0, 0];
    const full = Promise.withResolvers<void>();
    await begun({ perSecond: 1000, atOnce: 3 }, async () => {
      now += 1;
      most = Math.max(most, now);
      if (now === 3) full.resolve();
      await full.promise;
      await sleep(5);
      now -= 1;
    });
    expect(most).toBe(3);
  });

  test('P3: begins nothing after the signal, and waits for what is under way', async () => {
    const controller = new AbortController();
    let ended = 0;
    const times = await begun({ signal: controller.signal, atOnce: 2 }, async (thing) => {
      if (thing === 3) controller.abort();
      await sleep(20);
      ended += 1;
    });
    expect(times).toHaveLength(4);
    expect(ended).toBe(4);
  });
});
