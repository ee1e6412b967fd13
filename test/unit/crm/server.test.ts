import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCrm } from '../../../localstack/crm/server.ts';
import type { RunningServer } from '../../../localstack/json-server.ts';

let crm: RunningServer;
beforeEach(async () => {
  crm = await startCrm({ port: 0 });
});
afterEach(() => crm.close());

const qualification = { leadId: 'tayko-1', segment: 'consumer', score: 0.75, grade: 'warm' };

const send = (method: string, path: string, body?: unknown, init: RequestInit = {}) =>
  fetch(crm.url + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...init,
  });
const put = (key: string, init: RequestInit = {}) =>
  send('PUT', '/qualifications', qualification, { ...init, headers: { 'idempotency-key': key } });
const get = async (path: string) => (await send('GET', path)).json();

describe('the customer system', () => {
  test('knows the history of a lead, and says so when it does not', async () => {
    expect(await get('/histories?lead=tayko-1')).toEqual({
      purchases: 2,
      daysSinceFirstUpdate: 3662,
      daysSinceLastUpdate: 3662,
    });
    expect((await send('GET', '/histories?lead=tayko-2001')).status).toBe(404);
    expect((await send('GET', '/histories')).status).toBe(404);
  });

  test('C1: one key writes once, also when it is sent many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => put('a')));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201]);
    await put('b');
    expect(await get('/qualifications?lead=tayko-1')).toEqual({
      qualifications: [
        { id: 'Q-1', key: 'a', ...qualification },
        { id: 'Q-2', key: 'b', ...qualification },
      ],
    });
    expect(await get('/qualifications?lead=tayko-2')).toEqual({ qualifications: [] });
  });

  test('C2: a write whose caller hung up while it was held is not done', async () => {
    await send('POST', '/admin/hold');
    const controller = new AbortController();
    const writing = put('a', { signal: controller.signal }).catch(() => undefined);
    await expect.poll(() => get('/admin/stats')).toMatchObject({ held: 1 });
    controller.abort();
    await writing;
    await expect.poll(() => get('/admin/stats')).toMatchObject({ abandoned: 1 });
    await send('POST', '/admin/release');
    expect(await get('/qualifications')).toEqual({ qualifications: [] });
    expect((await put('a')).status).toBe(201);
  });

  test('C3: beyond its rate limit it refuses reads and writes alike, and says until when', async () => {
    const rateLimit = { perSecond: 0.01, burst: 2 };
    expect((await send('POST', '/admin/limit', { rateLimit })).status).toBe(200);
    expect((await send('GET', '/histories?lead=tayko-1')).status).toBe(200);
    expect((await put('a')).status).toBe(201);
    const refused = [await send('GET', '/histories?lead=tayko-1'), await put('b')];
    expect(refused.map(({ status }) => status)).toEqual([429, 429]);
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(90);
    expect(await get('/admin/stats')).toMatchObject({ histories: 1, writes: 1, throttled: 2 });
    await send('POST', '/admin/limit', { rateLimit: null });
    expect((await put('b')).status).toBe(201);
  });

  test.each([
    ['no key', 400, {}, qualification],
    ['a key that no header can carry', 400, { 'idempotency-key': 'a b' }, qualification],
    ['a score that is none', 422, { 'idempotency-key': 'a' }, { ...qualification, score: 2 }],
    ['a field too many', 422, { 'idempotency-key': 'a' }, { ...qualification, more: 1 }],
  ])('refuses %s and writes nothing', async (_case, status, headers, body) => {
    expect((await send('PUT', '/qualifications', body, { headers })).status).toBe(status);
    expect(await get('/admin/stats')).toMatchObject({ qualifications: 0 });
  });
});
