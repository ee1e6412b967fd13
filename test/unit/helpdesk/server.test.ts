import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startHelpdesk } from '../../../localstack/helpdesk/server.ts';
import type { RunningServer } from '../../../localstack/json-server.ts';

let desk: RunningServer;
beforeEach(async () => {
  desk = await startHelpdesk({ port: 0 });
});
afterEach(() => desk.close());

const ticket = { customerId: 'c-1', subject: 'Help', body: 'Please.' };

const post = (path: string, body: unknown, init: RequestInit = {}) =>
  fetch(desk.url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
  });
const open = (key: string, init: RequestInit = {}) =>
  post('/tickets', ticket, { ...init, headers: { 'idempotency-key': key } });
const stats = async () => (await fetch(`${desk.url}/admin/stats`)).json();
const found = async (query: string) => (await fetch(`${desk.url}/tickets${query}`)).json();

describe('the helpdesk', () => {
  test('H1: one key opens one ticket, whatever is sent with it', async () => {
    const first = await open('a');
    const again = await open('a');
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(await again.json()).toEqual(await first.json());
    await open('b');
    expect(await stats()).toEqual({ tickets: 2, requests: 3, held: 0, abandoned: 0 });
  });

  test('H1: requests with one key at once open one ticket', async () => {
    await Promise.all(Array.from({ length: 8 }, () => open('a')));
    expect(await stats()).toMatchObject({ tickets: 1, requests: 8 });
  });

  test('finds tickets by key', async () => {
    await open('a');
    expect(await found('?key=a')).toMatchObject({ tickets: [{ id: 'T-1', key: 'a', ...ticket }] });
    expect(await found('?key=b')).toEqual({ tickets: [] });
    expect(await found('')).toMatchObject({ tickets: [{ id: 'T-1' }] });
  });

  test.each([
    ['no key', ticket, {}, 400],
    ['a missing field', { customerId: 'c-1' }, { 'idempotency-key': 'a' }, 422],
    ['an unknown field', { ...ticket, priority: 1 }, { 'idempotency-key': 'a' }, 422],
    ['a body that is not JSON', '{', { 'idempotency-key': 'a' }, 400],
    ['a body that is too large', 'x'.repeat(1_000_001), { 'idempotency-key': 'a' }, 413],
  ])('refuses %s', async (_name, body, headers, status) => {
    expect((await post('/tickets', body, { headers })).status).toBe(status);
    expect(await stats()).toMatchObject({ tickets: 0 });
  });

  test('names its routes to who asks for another one', async () => {
    const answer = await fetch(`${desk.url}/nothing`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('POST /tickets');
  });
});

describe('a hold', () => {
  test('keeps a request waiting until it is released', async () => {
    await post('/admin/hold', {});
    const opening = open('a');
    await expect.poll(stats).toMatchObject({ held: 1, tickets: 0 });
    await post('/admin/release', {});
    expect((await opening).status).toBe(201);
    expect(await stats()).toEqual({ tickets: 1, requests: 1, held: 0, abandoned: 0 });
  });

  test('ends by itself after its seconds', async () => {
    await post('/admin/hold', { seconds: 0.05 });
    expect((await open('a')).status).toBe(201);
    expect((await open('b')).status).toBe(201);
  });

  test('H2: a caller that hangs up while held has opened nothing', async () => {
    await post('/admin/hold', {});
    const controller = new AbortController();
    const opening = open('a', { signal: controller.signal });
    await expect.poll(stats).toMatchObject({ held: 1 });
    controller.abort();
    await expect(opening).rejects.toThrow();
    await expect.poll(stats).toMatchObject({ held: 0, abandoned: 1 });
    await post('/admin/release', {});
    expect(await found('?key=a')).toEqual({ tickets: [] });
    expect((await open('a')).status).toBe(201);
  });

  test('does not keep lookups waiting', async () => {
    await post('/admin/hold', {});
    expect(await found('?key=a')).toEqual({ tickets: [] });
  });

  test.each([{ seconds: 0 }, { seconds: 'long' }, { minutes: 1 }])('refuses %j', async (body) => {
    expect((await post('/admin/hold', body)).status).toBe(422);
  });
});
