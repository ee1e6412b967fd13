import { expect, test } from 'vitest';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { Checkpoints } from '#runtime/ports.ts';

const T0 = Date.UTC(2026, 4, 1, 12);
const SHARD = 'shardId-000000000000';

/** What every Checkpoints does. */
export function testCheckpoints(subject: () => { readonly checkpoints: Checkpoints }): void {
  const newConsumer = (): string => `consumer-${nodeSystem.randomId().toLowerCase()}`;
  const put = (consumer: string, sequence: string, atMs = T0, shard = SHARD) =>
    subject().checkpoints.put({
      consumer,
      shard,
      sequence,
      arrivedMs: atMs - 40,
      atMs,
      addHandled: 10,
      addParked: 1,
    });
  const of = async (consumer: string) =>
    (await subject().checkpoints.list()).filter((checkpoint) => checkpoint.consumer === consumer);

  test('keeps the newest place in each shard, and counts what was done', async () => {
    const consumer = newConsumer();
    await put(consumer, '100');
    await put(consumer, '101', T0 + 1000);
    await put(consumer, '7', T0, 'shardId-000000000001');
    expect(await of(consumer)).toEqual([
      {
        consumer,
        shard: SHARD,
        sequence: '101',
        arrivedMs: T0 + 960,
        atMs: T0 + 1000,
        handled: 20,
        parked: 2,
      },
      {
        consumer,
        shard: 'shardId-000000000001',
        sequence: '7',
        arrivedMs: T0 - 40,
        atMs: T0,
        handled: 10,
        parked: 1,
      },
    ]);
  });

  test('an older place never replaces a newer one, and its counts are added all the same', async () => {
    const consumer = newConsumer();
    await put(consumer, '10000');
    await put(consumer, '9999', T0 + 1000); // smaller, though its text is greater
    expect(await of(consumer)).toMatchObject([{ sequence: '10000', atMs: T0, handled: 20 }]);
  });

  test('tells sequence numbers apart that are longer than any number of JavaScript', async () => {
    const consumer = newConsumer();
    const long = '49590338271490256608559692538361571095921575989136588898';
    await put(consumer, long);
    await put(consumer, `${long.slice(0, -1)}7`);
    expect(await of(consumer)).toMatchObject([{ sequence: long }]);
  });
}
