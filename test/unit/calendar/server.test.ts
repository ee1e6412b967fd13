import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCalendar } from '../../../localstack/calendar/server.ts';
import type { RunningServer } from '../../../localstack/json-server.ts';

let calendar: RunningServer;
beforeEach(async () => {
  calendar = await startCalendar({ port: 0 });
});
afterEach(() => calendar.close());

interface Booking {
  readonly slot: string;
}
const send = (method: string, path: string, body?: unknown, init: RequestInit = {}) =>
  fetch(calendar.url + path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...init,
  });
const put = (key: string, init: RequestInit = {}, homeId = '17') =>
  send('PUT', '/bookings', { homeId }, { ...init, headers: { 'idempotency-key': key } });
const get = async (path: string) => (await send('GET', path)).json();
const bookings = async () => ((await get('/bookings')) as { bookings: Booking[] }).bookings;

describe('the calendar', () => {
  test('K1: one key books once, also when it is sent many times at once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => put('a')));
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(7).fill(200), 201]);
    expect(await bookings()).toHaveLength(1);
    expect(await get('/bookings?home=17')).toMatchObject({ bookings: [{ id: 'B-1', key: 'a' }] });
    expect(await get('/bookings?home=18')).toEqual({ bookings: [] });
  });

  test('K2: no two bookings have the same slot, and all lie ahead', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => put(`key-${n}`, {}, String(n))));
    const slots = (await bookings()).map(({ slot }) => slot);
    expect(new Set(slots).size).toBe(20);
    for (const slot of slots) expect(Date.parse(slot)).toBeGreaterThan(Date.now());
  });

  test('K3: a request whose caller hung up while it was held books nothing', async () => {
    await send('POST', '/admin/hold');
    const controller = new AbortController();
    const booking = put('a', { signal: controller.signal }).catch(() => undefined);
    await expect.poll(() => get('/admin/stats')).toMatchObject({ held: 1 });
    controller.abort();
    await booking;
    await expect.poll(() => get('/admin/stats')).toMatchObject({ abandoned: 1 });
    await send('POST', '/admin/release');
    expect(await bookings()).toEqual([]);
    expect((await put('a')).status).toBe(201);
  });

  test('refuses what it cannot book, and says why', async () => {
    expect((await send('PUT', '/bookings', { homeId: '17' })).status).toBe(400);
    expect((await put('a', {}, '')).status).toBe(422);
    expect(await bookings()).toEqual([]);
  });
});
