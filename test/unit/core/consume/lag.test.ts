import { describe, expect, it } from 'vitest';
import { shardLags } from '#runtime/core/consume/lag.ts';

const NOW = Date.UTC(2026, 0, 1, 12);
const SHARD = 'shardId-000000000000';
/** Ten records, a second apart; the newest arrived just now. */
const HELD = Array.from({ length: 10 }, (_, i) => ({
  sequence: String(i + 1),
  arrivedMs: NOW - (9 - i) * 1000,
}));

/** A shard of which one read gives so many records. */
function shardOf(perRead: number) {
  const reads: (string | null)[] = [];
  return {
    reads,
    behind: async (after: string | null) => {
      reads.push(after);
      const left = HELD.filter(({ sequence }) => Number(sequence) > Number(after ?? 0));
      return { records: left.slice(0, perRead), more: left.length > perRead };
    },
  };
}

const at = (sequence: string) => ({ sequence, atMs: NOW - 5000 });

describe('the lag of consumers in a shard', () => {
  it('G1: is told of all of them by one read behind the slowest', async () => {
    const { behind, reads } = shardOf(100);
    const lags = await shardLags(SHARD, [at('10'), at('4'), at('7')], NOW, behind);
    expect(reads).toEqual(['4']);
    expect(lags.map(({ events, seconds, more }) => [events, seconds, more])).toEqual([
      [0, 0, false],
      [6, 5, false],
      [3, 2, false],
    ]);
    expect(lags.every(({ shard, lastAt }) => shard === SHARD && lastAt !== null)).toBe(true);
  });

  it('is read again where the first read does not reach, and says that it is not all', async () => {
    const { behind, reads } = shardOf(3);
    const lags = await shardLags(SHARD, [at('2'), at('9'), at('3')], NOW, behind);
    expect(reads).toEqual(['2', '9']);
    expect(lags.map(({ events, more }) => [events, more])).toEqual([
      [3, true],
      [1, false],
      [2, true],
    ]);
  });

  it('G2: is the whole shard for who has handled nothing of it', async () => {
    const { behind } = shardOf(100);
    const [lag, other] = await shardLags(SHARD, [null, null], NOW, behind);
    expect(lag).toEqual({ shard: SHARD, events: 10, more: false, seconds: 9, lastAt: null });
    expect(other).toEqual(lag);
  });
});
