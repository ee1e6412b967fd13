import { describe, expect, test } from 'vitest';
import type { Inbox } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleEvent, textOf } from './samples.ts';

type GetInbox = () => { readonly inbox: Inbox };

/** What every Inbox does. */
export function testInbox(subject: GetInbox): void {
  describe('put', () => testPut(subject));
  describe('read and list', () => testReads(subject));
}

function testPut(subject: GetInbox): void {
  test('keeps an event with every part of it (R4)', async () => {
    const { inbox } = subject();
    const event = sampleEvent(newRun(), 1, { data: AWKWARD_JSON, origin: 'e-1', hops: 0 });
    expect(await inbox.put(event)).toEqual({ kind: 'written' });
    expect(await inbox.read(event)).toEqual(event);
  });

  test('keeps the first event of an id, and tells whoever comes later (R4)', async () => {
    const { inbox } = subject();
    const event = sampleEvent(newRun(), 1);
    const later = { ...event, time: '2026-05-02T12:00:00.000Z', data: { n: 2 } };
    await inbox.put(event);
    expect(await inbox.put(later)).toEqual({ kind: 'conflict', current: event });
    expect(await inbox.list(event.run)).toEqual([event]);
  });

  test('lets one of several puts at once win, and tells it to the others', async () => {
    const { inbox } = subject();
    const first = sampleEvent(newRun(), 1);
    const events = Array.from({ length: 8 }, (_, n) => ({ ...first, data: { n } }));
    const puts = await Promise.all(events.map((event) => inbox.put(event)));
    expect(puts.filter(({ kind }) => kind === 'written')).toHaveLength(1);
    const kept = await inbox.read(first);
    const told = puts.flatMap((put) => (put.kind === 'conflict' ? [put.current] : []));
    expect(told).toEqual(Array.from({ length: 7 }, () => kept));
  });

  test.each([
    ['too large', textOf(400 * 1024), 'TOO_LARGE'],
    ['not JSON', { at: new Date(0) }, 'NOT_JSON'],
  ])('refuses an event that is %s, and keeps nothing', async (_, data, code) => {
    const { inbox } = subject();
    const event = sampleEvent(newRun(), 1, { data });
    await expect(inbox.put(event)).rejects.toMatchObject({ code });
    expect(await inbox.read(event)).toBeNull();
  });
}

function testReads(subject: GetInbox): void {
  test('lists the events of a run in the order of their positions, however they came', async () => {
    const { inbox } = subject();
    const run = newRun();
    const events = Array.from({ length: 6 }, (_, n) => sampleEvent(run, n));
    for (const event of [...events.slice(3), ...events.slice(0, 3)]) await inbox.put(event);
    expect(await inbox.list(run)).toEqual(events);
  });

  test('lists more than one page of a table holds', async () => {
    const { inbox } = subject();
    const run = newRun();
    const data = textOf(390 * 1024);
    const events = Array.from({ length: 4 }, (_, n) => sampleEvent(run, n, { data }));
    for (const event of events) await inbox.put(event);
    expect(await inbox.list(run)).toEqual(events);
  });

  test('knows nothing of other runs', async () => {
    const { inbox } = subject();
    const event = sampleEvent(newRun(), 1);
    await inbox.put(event);
    const run = newRun();
    expect(await inbox.list(run)).toEqual([]);
    expect(await inbox.read({ run, id: event.id })).toBeNull();
  });
}
