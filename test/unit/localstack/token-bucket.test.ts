import { describe, expect, test } from 'vitest';
import { TokenBucket } from '../../../localstack/token-bucket.ts';

const passed = (bucket: TokenBucket, times: readonly number[]): readonly number[] =>
  times.filter((ms) => bucket.take(ms) === 0);

describe('TokenBucket', () => {
  test('lets its burst pass at once, and then one whenever its rate has earned it', () => {
    const bucket = new TokenBucket({ perSecond: 2, burst: 3 }, 0);
    expect(passed(bucket, [0, 0, 0, 0, 499, 500, 501, 1000])).toEqual([0, 0, 0, 500, 1000]);
  });

  test('saves up no more than its burst', () => {
    const bucket = new TokenBucket({ perSecond: 10, burst: 2 }, 0);
    expect(passed(bucket, [60_000, 60_000, 60_000])).toHaveLength(2);
  });

  test('says in whole seconds, at least one, when the next may pass', () => {
    const slow = new TokenBucket({ perSecond: 0.1, burst: 1 }, 0);
    expect([slow.take(0), slow.take(0), slow.take(4_000)]).toEqual([0, 10, 6]);
    const fast = new TokenBucket({ perSecond: 10, burst: 1 }, 0);
    expect([fast.take(0), fast.take(0)]).toEqual([0, 1]);
  });
});
