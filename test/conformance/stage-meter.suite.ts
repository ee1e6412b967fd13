import { expect, test } from 'vitest';
import type { MeterSample } from '#runtime/contracts/fleet.ts';
import type { StageMeter } from '#runtime/ports.ts';
import { newRun } from './samples.ts';

/** Samples of one test lie behind those of all before it. */
let baseMs = Date.UTC(2026, 4, 1, 12);

/** What every StageMeter does. */
export function testStageMeter(subject: () => { readonly meter: StageMeter }): void {
  const fresh = (): number => {
    baseMs += 3_600_000;
    return baseMs;
  };
  const sample = (atMs: number, parts: Partial<MeterSample> = {}): MeterSample => ({
    id: `shardId-000000000000:${newRun()}`,
    atMs,
    consumer: 'project-events',
    events: 12,
    lagMs: 250,
    stages: [
      {
        workflow: 'support',
        agent: 'answer-question',
        arrived: 3,
        oldestWaitMs: 900,
        waitMs: 1200,
        ended: 2,
        runMs: 4200,
        deferred: 1,
      },
    ],
    runs: [{ workflow: 'support', accepted: 2, succeeded: 1, endedOtherwise: 0, durationMs: 8100 }],
    ...parts,
  });
  const eventually = (atMs: number, expected: readonly MeterSample[]): Promise<void> =>
    expect.poll(() => subject().meter.since(atMs)).toEqual(expected);

  test('gives samples from an instant on, whole, oldest first', async () => {
    const atMs = fresh();
    const samples = [atMs - 1, atMs, atMs + 1, atMs + 60_000].map((ms) => sample(ms));
    for (const one of samples.toReversed()) await subject().meter.add(one);
    await eventually(atMs, samples.slice(1));
    await eventually(atMs + 60_001, []);
  });

  test('keeps samples of the same instant apart', async () => {
    const atMs = fresh();
    const samples = [sample(atMs, { id: 'shard:1' }), sample(atMs, { id: 'shard:2' })];
    for (const one of samples) await subject().meter.add(one);
    await eventually(atMs, samples);
  });

  test('S1: gives a batch once, as it was first read', async () => {
    const atMs = fresh();
    const first = sample(atMs);
    const again = { ...first, atMs: atMs + 2000 };
    for (const one of [first, first, again]) await subject().meter.add(one);
    await eventually(atMs, [first]);
  });

  test('keeps what two consumers say of one batch', async () => {
    const atMs = fresh();
    const one = sample(atMs, { consumer: 'a' });
    const other = { ...one, consumer: 'b' };
    for (const each of [one, other]) await subject().meter.add(each);
    await eventually(atMs, [one, other]);
  });
}
