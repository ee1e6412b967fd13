import { describe, expect, it } from 'vitest';
import type { QuotaLimits, QuotaRecord } from '#runtime/contracts/quota.ts';
import { newBucket, opened, ordered } from '#runtime/core/quota-limits.ts';
import { frozen } from '#runtime/core/quota-line.ts';
import { quotaViewOf, quotaViews } from '#runtime/core/quota-view.ts';
import { NOW } from './samples.ts';

/** 0.99 of it is used: two calls a second. */
const LIMITS: QuotaLimits = { requestsPerSecond: 2 / 0.99, burst: 1 };
const bucket = (limits: QuotaLimits = LIMITS): QuotaRecord =>
  newBucket({ quota: 'model:default' }, limits, NOW);

/** The bucket after so many calls took places. */
const withCalls = (calls: number, record = bucket()): QuotaRecord => ({
  ...record,
  requests: { ...record.requests, next: calls },
  taken: calls,
});

const view = (record: QuotaRecord, nowMs = NOW) => quotaViewOf(record, undefined, nowMs);

describe('quotaViewOf', () => {
  it('shows an empty line: no wait, nobody ahead', () => {
    expect(view(bucket())).toMatchObject({
      quota: 'model:default',
      limits: LIMITS,
      setBy: 'config',
      ratePerSecond: 2,
      state: 'open',
      ticketsAhead: 0,
      waitSeconds: 0,
      clearsInSeconds: 0,
    });
  });

  it('counts the calls whose turn has not come, and says when the last of them has it', () => {
    // The first goes at once, so that 41 of 42 are ahead: 20.5 s at two a second.
    expect(view(withCalls(42))).toMatchObject({
      ticketsAhead: 41,
      clearsInSeconds: 20.5,
      waitSeconds: 21,
    });
  });

  it('counts down as time passes', () => {
    expect(view(withCalls(42), NOW + 20_000)).toMatchObject({
      ticketsAhead: 1,
      clearsInSeconds: 0.5,
    });
    expect(view(withCalls(42), NOW + 20_500)).toMatchObject({
      ticketsAhead: 0,
      clearsInSeconds: 0,
    });
  });

  it('does not count calls that may go at once', () => {
    const record = withCalls(5, bucket({ ...LIMITS, burst: 5 }));
    expect(view(record)).toMatchObject({ ticketsAhead: 0, clearsInSeconds: 0 });
  });

  it('adds the time for which a line is frozen, if anybody waits in it', () => {
    const freeze = (record: QuotaRecord): QuotaRecord => ({
      ...record,
      requests: frozen(record.requests, NOW + 10_000, NOW),
    });
    expect(view(freeze(withCalls(3)))).toMatchObject({ ticketsAhead: 2, clearsInSeconds: 11 });
    expect(view(freeze(withCalls(1)))).toMatchObject({
      ticketsAhead: 0,
      clearsInSeconds: 0,
      waitSeconds: 10.5,
    });
  });

  it('says that tokens are what is waited for, when their line is the longer one', () => {
    const record = bucket({ ...LIMITS, tokensPerMinute: 6000 / 0.99 });
    const tokens = record.tokens && { ...record.tokens, next: 2000 };
    expect(view({ ...record, ...(tokens && { tokens }) })).toMatchObject({
      limitedBy: 'tokens',
      waitSeconds: 20,
      clearsInSeconds: 20,
    });
  });

  it('says slowed below the configured pace', () => {
    expect(view({ ...bucket(), pace: 0.9 }).state).toBe('slowed');
  });

  it('lets nothing through while it is closed, and says since when', () => {
    const paused = ordered(
      withCalls(9),
      { paused: true },
      { configuration: LIMITS, nowMs: NOW - 60_000 },
    );
    expect(view(paused)).toMatchObject({
      state: 'paused',
      ratePerSecond: 0,
      ticketsAhead: 0,
      waitSeconds: null,
      clearsInSeconds: null,
      closedAt: new Date(NOW - 60_000).toISOString(),
    });
    expect(view(opened(paused, NOW))).toMatchObject({ state: 'open', waitSeconds: 0 });
  });
});

describe('quotaViews', () => {
  it('shows quotas that no call has used yet, all in the order of their names, tenants last', () => {
    const tenant = newBucket({ quota: 'model:default', tenant: 'acme' }, LIMITS, NOW);
    const views = quotaViews(
      [tenant, bucket()],
      { 'model:default': { ...LIMITS, perTenant: { requestsPerSecond: 1 } }, crm: LIMITS },
      NOW,
    );
    expect(views.map(({ quota, tenant: whose }) => [quota, whose])).toEqual([
      ['crm', undefined],
      ['model:default', undefined],
      ['model:default', 'acme'],
    ]);
    expect(views[1]?.limits.perTenant).toEqual({ requestsPerSecond: 1 });
    expect(views[2]?.limits.perTenant).toBeUndefined();
  });

  it('shows the bucket of a quota that the configuration does not have any more', () => {
    expect(quotaViews([bucket()], {}, NOW)).toHaveLength(1);
  });
});
