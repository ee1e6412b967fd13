import { describe, expect, test } from 'vitest';
import type { QuotaKey, QuotaRecord } from '#runtime/contracts/quota.ts';
import { newBucket, opened, paced } from '#runtime/core/quota-limits.ts';
import { frozen } from '#runtime/core/quota-line.ts';
import { takenPlace } from '#runtime/core/quota-take.ts';
import type { QuotaLedger, QuotaTake } from '#runtime/ports.ts';
import { newRun } from './samples.ts';

const T0 = Date.UTC(2026, 4, 1, 12);
const LIMITS = { requestsPerSecond: 10, tokensPerMinute: 60_000 };

type Subject = () => { readonly quotas: QuotaLedger };

/** A quota that no other test has. */
const newQuota = (): string => `q${newRun()}`;

/** What every QuotaLedger does. */
export function testQuotaLedger(subject: Subject): void {
  describe('read and list', () => testReads(subject));
  describe('take', () => {
    testTakes(subject);
    testWhatTakesTell(subject);
  });
  describe('take in the fast lane', () => testFastLane(subject));
  describe('change', () => {
    testChanges(subject);
    testRefusals(subject);
  });
  describe('at once', () => testRaces(subject));
}

async function made(subject: Subject, key: QuotaKey, limits = LIMITS): Promise<QuotaRecord> {
  const record = newBucket(key, limits, T0);
  expect(await subject().quotas.change({ record, before: null })).toEqual({ kind: 'written' });
  return record;
}

const stored = async (subject: Subject, key: QuotaKey): Promise<QuotaRecord> => {
  const [record] = await subject().quotas.read([key]);
  if (!record) throw new TypeError(`no bucket ${key.quota}`);
  return record;
};

/** A take of one call and 100 tokens from idle lines whose clocks show `clock` and 100 times that. */
const takeAt = (key: QuotaKey, clock: number, changes: Partial<QuotaTake> = {}): QuotaTake => ({
  ...key,
  ver: 1,
  workflow: 'support',
  requests: { cost: 1, guess: 'idle', clock, last: clock + 1000 },
  tokens: { cost: 100, guess: 'idle', clock: clock * 100, last: clock * 100 + 100_000 },
  ...changes,
});

const busy = (take: QuotaTake): QuotaTake => ({
  ...take,
  requests: { ...take.requests, guess: 'busy' },
  ...(take.tokens && { tokens: { ...take.tokens, guess: 'busy' } }),
});

function testReads(subject: Subject): void {
  test('reads buckets in the order asked, null for one that is not there', async () => {
    const quota = newQuota();
    const tenant = await made(subject, { quota, tenant: 't-1' });
    const shared = await made(subject, { quota });
    const keys = [{ quota, tenant: 't-2' }, { quota }, { quota, tenant: 't-1' }];
    expect(await subject().quotas.read(keys)).toEqual([null, shared, tenant]);
  });

  test('lists all buckets of the quotas asked for, the shared one before those of tenants', async () => {
    const [one, other] = [newQuota(), newQuota()].sort() as [string, string];
    const left = newQuota();
    const keys = [
      { quota: one, tenant: 'b' },
      { quota: other },
      { quota: one },
      { quota: left },
      { quota: one, tenant: 'a' },
    ];
    for (const key of keys) await made(subject, key);
    const listed = await subject().quotas.list([other, one]);
    expect(listed.map(({ quota, tenant = '' }) => [quota, tenant])).toEqual([
      [one, ''],
      [one, 'a'],
      [one, 'b'],
      [other, ''],
    ]);
    expect(await subject().quotas.list([])).toEqual([]);
  });
}

function testTakes(subject: Subject): void {
  test('gives an idle line its place at the clock, and the next one behind it', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    const first = takeAt(key, 5.25);
    const one = await subject().quotas.take(first);
    const second = busy(takeAt(key, 5.5));
    const two = await subject().quotas.take(second);
    if (one.kind !== 'taken' || two.kind !== 'taken') throw new TypeError('not taken');
    expect(takenPlace(first, one.record)).toMatchObject({ request: 5.25, token: 525 });
    expect(takenPlace(second, two.record)).toMatchObject({ request: 6.25, token: 625 });
    expect(two.record).toMatchObject({ taken: 2, takenBy: { support: 2 }, ver: 1 });
    expect(await stored(subject, key)).toEqual(two.record);
  });

  test('gives several calls at once places one behind the other, and counts them all', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    const { requests, tokens, ...take } = takeAt(key, 3);
    const three = {
      ...take,
      requests: { ...requests, cost: 3 },
      ...(tokens && { tokens: { ...tokens, cost: 250 } }),
    };
    const result = await subject().quotas.take(three);
    expect(result).toMatchObject({
      kind: 'taken',
      record: {
        requests: { next: 6 },
        tokens: { next: 550 },
        taken: 3,
        takenBy: { support: 3 },
      },
    });
  });

  test('takes nothing on a wrong guess, and shows the record that is there', async () => {
    const key = { quota: newQuota() };
    const bucket = await made(subject, key);
    const wrong = await subject().quotas.take(busy(takeAt(key, 3)));
    expect(wrong).toEqual({ kind: 'conflict', current: bucket });
    await subject().quotas.take(takeAt(key, 3));
    const late = await subject().quotas.take(takeAt(key, 3.5));
    expect(late).toEqual({ kind: 'conflict', current: await stored(subject, key) });
    expect(late).toMatchObject({ current: { taken: 1, requests: { next: 4 } } });
  });

  test('takes nothing when only one of two lines is as guessed', async () => {
    const key = { quota: newQuota() };
    const bucket = await made(subject, key);
    const { tokens, ...take } = takeAt(key, 3);
    const mixed = { ...take, ...(tokens && { tokens: { ...tokens, guess: 'busy' as const } }) };
    expect(await subject().quotas.take(mixed)).toEqual({ kind: 'conflict', current: bucket });
    expect(await stored(subject, key)).toEqual(bucket);
  });

  test('takes nothing beyond the last place of use', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    await subject().quotas.take(takeAt(key, 3));
    const take = busy(takeAt(key, 3.5));
    const beyond = { ...take, requests: { ...take.requests, last: 3.9 } };
    expect((await subject().quotas.take(beyond)).kind).toBe('conflict');
    const within = { ...take, requests: { ...take.requests, last: 4 } };
    expect((await subject().quotas.take(within)).kind).toBe('taken');
  });
}

function testWhatTakesTell(subject: Subject): void {
  test('takes nothing by a record that has been changed since, or from a bucket that is not there', async () => {
    const key = { quota: newQuota() };
    const none = await subject().quotas.take(takeAt(key, 3));
    expect(none).toEqual({ kind: 'conflict', current: null });
    await made(subject, key);
    const older = await subject().quotas.take(takeAt(key, 3, { ver: 2 }));
    expect(older).toMatchObject({ kind: 'conflict', current: { ver: 1, taken: 0 } });
  });

  test('returns tokens, keeps the typical duration, and counts by workflow', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    await subject().quotas.take(takeAt(key, 3));
    const take = busy(takeAt(key, 3, { workflow: 'a.b#c d', returnedTokens: 60, callMs: 812.5 }));
    const result = await subject().quotas.take(take);
    if (result.kind !== 'taken') throw new TypeError('not taken');
    expect(takenPlace(take, result.record)).toMatchObject({ request: 4, token: 400 });
    expect(result.record).toMatchObject({
      tokens: { next: 440 },
      callMs: 812.5,
      taken: 2,
      takenBy: { support: 1, 'a.b#c d': 1 },
    });
    expect(await stored(subject, key)).toEqual(result.record);
  });

  test('counts in fractions without losing any', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    const clock = 1_234_567.000_000_1;
    await subject().quotas.take(takeAt(key, clock));
    for (let n = 1; n < 20; n += 1) await subject().quotas.take(busy(takeAt(key, clock)));
    const { requests } = await stored(subject, key);
    expect(requests.next).toBeCloseTo(clock + 20, 6);
  });
}

function testFastLane(subject: Subject): void {
  test('pushes the line by the cost, and has places of its own', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    await subject().quotas.take(takeAt(key, 3));
    const first = takeAt(key, 7, { lane: 'fast' });
    const one = await subject().quotas.take(first);
    const second = busy(takeAt(key, 7.5, { lane: 'fast' }));
    const two = await subject().quotas.take(second);
    if (one.kind !== 'taken' || two.kind !== 'taken') throw new TypeError('not taken');
    expect(takenPlace(first, one.record)).toMatchObject({ lane: 'fast', request: 7, token: 700 });
    expect(takenPlace(second, two.record)).toMatchObject({ lane: 'fast', request: 8, token: 800 });
    expect(two.record.requests).toMatchObject({ next: 4, pushed: 2, fastNext: 9 });
    expect(two.record.tokens).toMatchObject({ next: 400, pushed: 200, fastNext: 900 });
    expect(await stored(subject, key)).toEqual(two.record);
  });

  test('pushes the line by what the take costs beyond what is returned with it, and never forward', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    const pushed: (number | undefined)[] = [];
    for (const [returnedTokens, guessed] of [
      [60, takeAt(key, 7, { lane: 'fast' })],
      [130, busy(takeAt(key, 7, { lane: 'fast' }))],
      [-20, busy(takeAt(key, 7, { lane: 'fast' }))],
    ] as const) {
      const taken = await subject().quotas.take({ ...guessed, returnedTokens });
      if (taken.kind !== 'taken') throw new TypeError('not taken');
      pushed.push(taken.record.tokens?.pushed);
      expect(await stored(subject, key)).toEqual(taken.record);
    }
    expect(pushed).toEqual([40, 40, 160]);
    expect(await stored(subject, key)).toMatchObject({
      requests: { pushed: 3, fastNext: 10 },
      tokens: { fastNext: 830 },
    });
  });
}

function testChanges(subject: Subject): void {
  test('leaves what reservations have changed meanwhile', async () => {
    const key = { quota: newQuota() };
    const before = await made(subject, key);
    await subject().quotas.take(takeAt(key, 3, { callMs: 500 }));
    await subject().quotas.take(takeAt(key, 3.5, { lane: 'fast' }));
    const slower = { ...paced(before, 0.5, T0 + 1000), failures: 2, throttled: 7, failedPace: 1 };
    expect(await subject().quotas.change({ record: slower, before })).toEqual({ kind: 'written' });
    expect(await stored(subject, key)).toEqual({
      ...slower,
      requests: { ...slower.requests, next: 4, pushed: 1, fastNext: 4.5 },
      tokens: { ...slower.tokens, next: 400, pushed: 100, fastNext: 450 },
      taken: 2,
      takenBy: { support: 2 },
      callMs: 500,
    });
  });

  test('begins the lines of a new epoch with what the record says', async () => {
    const key = { quota: newQuota() };
    const before = await made(subject, key);
    await subject().quotas.take(takeAt(key, 3));
    await subject().quotas.take(takeAt(key, 3.5, { lane: 'fast' }));
    const fresh = { ...opened(before, T0 + 9000), ver: 2 };
    expect(await subject().quotas.change({ record: fresh, before })).toEqual({ kind: 'written' });
    const { requests, tokens, epoch, taken } = await stored(subject, key);
    expect({ requests, tokens, epoch, taken }).toEqual({
      requests: fresh.requests,
      tokens: fresh.tokens,
      epoch: 2,
      taken: 2,
    });
  });

  test('adds a line of tokens, and takes it away', async () => {
    const key = { quota: newQuota() };
    const { tokens: _, ...plain } = newBucket(key, { requestsPerSecond: 10 }, T0);
    await subject().quotas.change({ record: plain, before: null });
    const { tokens: __, ...take } = takeAt(key, 3);
    await subject().quotas.take(take);
    const limited = paced({ ...plain, limits: LIMITS }, 1, T0 + 1000);
    await subject().quotas.change({ record: limited, before: plain });
    const now = await stored(subject, key);
    expect(now.tokens).toEqual(limited.tokens);
    expect(now.requests.next).toBe(4);
    const again = paced({ ...now, limits: plain.limits }, 1, T0 + 2000);
    await subject().quotas.change({ record: again, before: now });
    expect((await stored(subject, key)).tokens).toBeUndefined();
  });

  test('keeps whatever a record has', async () => {
    const key = { quota: newQuota() };
    const bucket = await made(subject, key);
    const full: QuotaRecord = {
      ...bucket,
      ver: 2,
      setBy: 'operator',
      requests: frozen(bucket.requests, T0 + 60_000, T0 + 500),
      pace: 0.729,
      failedPace: 0.81,
      cutAtMs: T0 + 400,
      pacedAtMs: T0 + 450,
      failures: 5,
      closed: { kind: 'outage', atMs: T0 + 500, probeAtMs: T0 + 1500 },
      throttled: 3,
    };
    await subject().quotas.change({ record: full, before: bucket });
    expect(await stored(subject, key)).toEqual(full);
  });
}

function testRefusals(subject: Subject): void {
  test('answers conflict to an outdated ver, with the record that is there', async () => {
    const key = { quota: newQuota() };
    const before = await made(subject, key);
    const record = { ...before, ver: 2, failures: 1 };
    await subject().quotas.change({ record, before });
    const late = { ...before, ver: 2, failures: 5 };
    expect(await subject().quotas.change({ record: late, before })).toEqual({
      kind: 'conflict',
      current: record,
    });
    expect(await subject().quotas.change({ record: before, before: null })).toEqual({
      kind: 'conflict',
      current: record,
    });
  });

  test('answers conflict with null for a bucket that is gone', async () => {
    const before = newBucket({ quota: newQuota() }, LIMITS, T0);
    const record = { ...before, ver: 2 };
    expect(await subject().quotas.change({ record, before })).toEqual({
      kind: 'conflict',
      current: null,
    });
  });

  test('refuses a wrong ver', async () => {
    const record = newBucket({ quota: newQuota() }, LIMITS, T0);
    for (const change of [
      { record: { ...record, ver: 2 }, before: null },
      { record, before: record },
    ]) {
      await expect(subject().quotas.change(change)).rejects.toMatchObject({
        code: 'REVISION_INVALID',
      });
    }
  });
}

function testRaces(subject: Subject): void {
  test('gives every one of many takers a place of its own', async () => {
    const key = { quota: newQuota() };
    await made(subject, key);
    await subject().quotas.take(takeAt(key, 3));
    const takes = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const take = busy(takeAt(key, 3));
        const result = await subject().quotas.take(take);
        return result.kind === 'taken' ? takenPlace(take, result.record).request : null;
      }),
    );
    expect(takes.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 12 }, (_, n) => 4 + n),
    );
  });

  test('lets one of many changes win, and one of many beginnings', async () => {
    const key = { quota: newQuota() };
    const bucket = newBucket(key, LIMITS, T0);
    const begin = () => subject().quotas.change({ record: bucket, before: null });
    const begun = await Promise.all(Array.from({ length: 6 }, begin));
    expect(begun.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const changed = await Promise.all(
      Array.from({ length: 6 }, (_, failures) =>
        subject().quotas.change({ record: { ...bucket, ver: 2, failures }, before: bucket }),
      ),
    );
    expect(changed.filter(({ kind }) => kind === 'written')).toHaveLength(1);
  });
}
