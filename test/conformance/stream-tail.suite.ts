import { expect, test } from 'vitest';
import type { StreamTail } from '#runtime/ports.ts';

export interface TailSubject {
  readonly tail: StreamTail;
  /** Puts so many records into one shard, and gives its name and their sequence numbers in order. */
  readonly fill: (count: number) => Promise<{
    readonly shard: string;
    readonly sequences: readonly string[];
  }>;
}

/** What every StreamTail does. A test's records lie behind those of the tests before. */
export function testStreamTail(subject: () => TailSubject): void {
  test('counts what lies behind a place, in its order, exclusive', async () => {
    const { tail, fill } = subject();
    const { shard, sequences } = await fill(5);
    const after = sequences[1] ?? null;
    const { records, more } = await tail.behind({ shard, after });
    expect(records.map(({ sequence }) => sequence)).toEqual(sequences.slice(2));
    expect(more).toBe(false);
    for (const { arrivedMs } of records)
      expect(Math.abs(arrivedMs - Date.now())).toBeLessThan(60_000);
  });

  test('finds nothing behind the newest record', async () => {
    const { tail, fill } = subject();
    const { shard, sequences } = await fill(2);
    const after = sequences.at(-1) ?? null;
    expect(await tail.behind({ shard, after })).toEqual({ records: [], more: false });
  });

  test('begins at the oldest record without a place', async () => {
    const { tail, fill } = subject();
    const { shard, sequences } = await fill(1);
    const { records } = await tail.behind({ shard, after: null });
    expect(records.map(({ sequence }) => sequence)).toContain(sequences[0]);
  });

  test('counts some, and says that there are more', async () => {
    const { tail, fill } = subject();
    const { shard, sequences } = await fill(700);
    const after = sequences[0] ?? null;
    const { records, more } = await tail.behind({ shard, after });
    expect(records.length).toBeGreaterThanOrEqual(100);
    expect(records.length).toBeLessThan(699);
    expect(more).toBe(true);
    expect(records.map(({ sequence }) => sequence)).toEqual(sequences.slice(1, records.length + 1));
  });

  test('names the shards, each once', async () => {
    const { tail, fill } = subject();
    const { shard } = await fill(1);
    const shards = await tail.shards();
    expect(shards).toContain(shard);
    expect(new Set(shards).size).toBe(shards.length);
  });
}
