import { describe, expect, it } from 'vitest';
import type { QuotaRecord } from '#runtime/contracts/quota.ts';
import { paced } from '#runtime/core/quota-limits.ts';
import { apiUnderTest } from './api-under-test.ts';

const LIST = { path: '/quotas' };
const order = (body: unknown, name = 'model:default') => ({
  method: 'POST' as const,
  path: `/quotas/${encodeURIComponent(name)}`,
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

const stored = async ({ dependencies }: ReturnType<typeof apiUnderTest>) => {
  const [record] = await dependencies.quotas.read([{ quota: 'model:default' }]);
  return record ?? null;
};

describe('GET /quotas', () => {
  it('lists what is configured, used or not', async () => {
    const { status, body } = await apiUnderTest().ask(LIST);
    expect(status).toBe(200);
    expect(body.quotas).toMatchObject([
      { quota: 'crm', limits: { requestsPerSecond: 5 }, taken: 0, ticketsAhead: 0 },
      { quota: 'model:default', limits: { requestsPerSecond: 2, burst: 1 }, setBy: 'config' },
    ]);
  });

  it('leaves no bucket behind', async () => {
    const api = apiUnderTest();
    await api.ask(LIST);
    expect(await stored(api)).toBeNull();
  });
});

describe('POST /quotas/{name}', () => {
  it('sets limits, of a quota that no call has used yet, too', async () => {
    const api = apiUnderTest();
    const { status, body } = await api.ask(order({ requestsPerSecond: 7.5, burst: 3 }));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      quota: 'model:default',
      limits: { requestsPerSecond: 7.5, burst: 3 },
      setBy: 'operator',
      state: 'open',
    });
    expect(body.ratePerSecond).toBeCloseTo(7.5 * 0.99);
    expect(await stored(api)).toMatchObject({
      ver: 1,
      limits: { requestsPerSecond: 7.5, burst: 3 },
    });
  });

  it('moves the calls that wait along with the new rate', async () => {
    const api = apiUnderTest();
    await api.ask(order({ requestsPerSecond: 2 }));
    const before = (await stored(api)) as QuotaRecord;
    const waiting = { ...before, ver: 2, epoch: 2, requests: { ...before.requests, next: 40 } };
    await api.dependencies.quotas.change({ record: waiting, before });
    const [slow, fast] = [await api.ask(LIST), await api.ask(order({ requestsPerSecond: 4 }))];
    const [, shown] = slow.body.quotas;
    expect(fast.body.ticketsAhead).toBe(shown.ticketsAhead);
    expect(fast.body.clearsInSeconds).toBeCloseTo(shown.clearsInSeconds / 2, 1);
  });

  it('pauses and resumes; a pause keeps the limits', async () => {
    const { ask } = apiUnderTest();
    await ask(order({ requestsPerSecond: 3 }));
    expect((await ask(order({ paused: true }))).body).toMatchObject({
      state: 'paused',
      ratePerSecond: 0,
      waitSeconds: null,
      limits: { requestsPerSecond: 3 },
    });
    expect((await ask({ path: '/fleet' })).body.bottleneck).toEqual({
      name: 'model:default',
      kind: 'paused',
      clearsInSeconds: null,
    });
    expect((await ask(order({ paused: false }))).body.state).toBe('open');
  });

  it('goes back to the configuration', async () => {
    const { ask } = apiUnderTest();
    await ask(order({ requestsPerSecond: 9, tokensPerMinute: 100 }));
    expect((await ask(order({ reset: true }))).body).toMatchObject({
      limits: { requestsPerSecond: 2, burst: 1 },
      setBy: 'config',
    });
  });

  it('is carried out though the bucket changes meanwhile', async () => {
    let races = 3;
    const api = apiUnderTest((real) => ({
      ...real,
      quotas: Object.assign(Object.create(real.quotas), {
        read: async (keys: Parameters<typeof real.quotas.read>[0]) => {
          const found = await real.quotas.read(keys);
          const [before] = found;
          if (before && races-- > 0) {
            await real.quotas.change({ record: paced(before, 0.9, 1), before });
          }
          return found;
        },
        change: real.quotas.change.bind(real.quotas),
      }),
    }));
    await api.ask(order({ requestsPerSecond: 3 }));
    expect((await api.ask(order({ burst: 7 }))).body.limits).toEqual({
      requestsPerSecond: 3,
      burst: 7,
    });
  });
});

describe('an order that cannot be carried out', () => {
  it.each(['nobody', 'constructor', 'model:other'])('knows no quota %s', async (name) => {
    const { status, body } = await apiUnderTest().ask(order({ paused: true }, name));
    expect(status).toBe(404);
    expect(body.type).toMatch(/quota-unknown$/);
    expect(body.detail).toContain('crm, model:default');
  });

  it.each([
    [{}, '$', /nothing is ordered; allowed: requestsPerSecond, .*reset/],
    [{ requestsPerSecond: 0 }, 'requestsPerSecond', /is 0; allowed: at least 0\.001/],
    [{ requestsPerSecond: 1e6 }, 'requestsPerSecond', /allowed: at most 100000/],
    [{ requestsPerSecond: null }, 'requestsPerSecond', /is null; allowed: a number/],
    [{ burst: 1.5 }, 'burst', /allowed: a whole number/],
    [{ tokensPerMinute: -1 }, 'tokensPerMinute', /allowed: at least 1/],
    [{ paused: 'yes' }, 'paused', /is "yes"; allowed: true or false/],
    [{ reset: false }, 'reset', /allowed: true/],
    [{ rps: 3 }, '$', /rps.*allowed: requestsPerSecond/],
  ])('refuses %j, naming the field and what is allowed', async (body, field, problem) => {
    const api = apiUnderTest();
    const answer = await api.ask(order(body));
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toEqual([{ field, problem: expect.stringMatching(problem) }]);
    expect(await stored(api)).toBeNull();
  });
});
