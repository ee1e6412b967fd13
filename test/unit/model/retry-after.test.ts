import { describe, expect, test } from 'vitest';
import { retryAfterSeconds } from '#runtime/adapters/model/retry-after.ts';

describe('retryAfterSeconds', () => {
  test.each<readonly [string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7],
    ['milliseconds, which are more exact', { 'retry-after': '2', 'retry-after-ms': '1500' }, 1.5],
    [
      "a date, against the answer's own",
      { 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:30 GMT' },
      30,
    ],
    [
      'a date that has passed',
      { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT', date: 'Thu, 01 Jan 2026 00:00:30 GMT' },
      0,
    ],
    ['a date without another one', { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' }, undefined],
    ['nothing', {}, undefined],
    ['a word', { 'retry-after': 'soon', date: 'Thu, 01 Jan 2026 00:00:30 GMT' }, undefined],
    ['a negative number', { 'retry-after': '-1' }, undefined],
    ['an empty text', { 'retry-after': '' }, undefined],
  ])('reads %s', (_what, headers, seconds) => {
    expect(retryAfterSeconds(headers)).toBe(seconds);
  });
});
