/**
 * Conversations with agents that react to events: through `POST /events`, the router, the agents' queues
 * and the calendar, and back to the run's view.
 */
import { afterEach, describe, expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { readHomes } from '../../data/homes/homes.ts';
import { deployed, ended, eventually, live } from '../support/live.ts';

const isEmbedded = deployed !== null && deployed.cloudPid !== null;

interface Found {
  readonly homes: readonly {
    readonly id: string;
    readonly price: number;
    readonly rooms: number;
  }[];
}

/** A conversation with the deployed agents. */
function assistant() {
  const system = live();
  const { client } = system;
  const say = async (text: string, run?: string) => {
    const event = { type: 'user.message.received', data: { text } };
    const accepted = await client.sendEvent({ ...event, ...(run !== undefined && { run }) });
    return { run: accepted.run, origin: accepted.event.id };
  };
  const eventsOf = async (run: string): Promise<readonly SignalboxEvent[]> =>
    (await client.events(run)).events;
  /** What followed from a message, once it is there. */
  const heard = async <T>(at: { run: string; origin: string }, type: string): Promise<T> => {
    const of = (events: readonly SignalboxEvent[]) =>
      events.find((event) => event.type === type && event.origin === at.origin);
    const events = await eventually(
      () => eventsOf(at.run),
      (all) => of(all) !== undefined,
    );
    return of(events)?.data as T;
  };
  return { ...system, say, eventsOf, heard };
}

describe.skipIf(!isEmbedded)('the real-estate assistant, deployed', () => {
  const { client, say, heard, eventsOf, bookings, calendar, killWorkers, modelStats } = assistant();
  afterEach(() => calendar.release());

  test('books a visit to a home that fits what one message says', async () => {
    const at = await say('We are looking for 8 rooms for at most $450,000 and want to visit one.');
    const run = await ended(client, at.run);
    const { homes } = await heard<Found>(at, 'listings.found');
    expect(run).toMatchObject({ status: 'succeeded', workflow: 'real-estate' });
    const real = readHomes();
    for (const home of homes) expect(home).toEqual(real[Number(home.id) - 1]);
    expect(homes.every(({ rooms, price }) => rooms >= 8 && price <= 450_000)).toBe(true);
    const meeting = await heard<{ homeId: string; slot: string }>(at, 'meeting.scheduled');
    expect(meeting.homeId).toBe(homes[0]?.id);
    expect(run.output).toEqual(meeting);
    const own = (await bookings()).filter(({ slot }) => slot === meeting.slot);
    expect(own).toEqual([expect.objectContaining({ homeId: meeting.homeId })]);
  });

  test('honours a follow-up: cheaper than before, and the visit is to what it has found itself', async () => {
    const first = await say('A house with 6 rooms, up to 380k please.');
    const before = await heard<Found>(first, 'listings.found');
    const second = await say('Something cheaper? We would like to see it.', first.run);
    const run = await ended(client, first.run);
    expect(await heard(second, 'user.intent.identified')).toEqual({
      rooms: 6,
      maxPrice: 342_000,
      wantsVisit: true,
    });
    const { homes } = await heard<Found>(second, 'listings.found');
    expect(homes.every(({ price }) => price <= 342_000)).toBe(true);
    expect(run.output).toMatchObject({ homeId: homes[0]?.id });
    // Joined with what the first message has found, it would be a visit to that one's first home.
    expect(homes[0]?.id).not.toBe(before.homes[0]?.id);
  });

  test('reads two quick messages one after the other: the second one knows the first one', async () => {
    const first = await say('We need 7 rooms and our budget is $500,000.');
    const second = await say('Rather cheaper. When can we meet?', first.run);
    const run = await ended(client, first.run);
    expect(await heard(second, 'user.intent.identified')).toMatchObject({
      rooms: 7,
      maxPrice: 450_000,
    });
    const [one, two] = run.steps
      .filter(({ agent }) => agent === 'extract-preferences')
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(Date.parse(two?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(one?.endedAt ?? ''));
  });

  test('R2: a worker killed while it books books once, and nothing before is done again', async () => {
    await calendar.hold();
    const before = (await bookings()).length;
    const at = await say('Show us a house with 9 rooms below $600,000, we want to visit it.');
    await eventually(calendar.stats, ({ held }) => held > 0);
    const asked = await modelStats();
    expect(await killWorkers('schedule-meeting')).toBeGreaterThan(0);
    await eventually(calendar.stats, ({ held }) => held === 0);
    await calendar.release();
    const run = await ended(client, at.run);
    expect(run.status).toBe('succeeded');
    expect(await bookings()).toHaveLength(before + 1);
    expect(await modelStats()).toEqual(asked);
  });

  test('tells one message that is sent twice under one key once', async () => {
    const type = 'user.message.received';
    const data = { text: 'Five rooms, at most 300k, and I want to see it.' };
    const send = () => client.sendEvent({ type, data, idempotencyKey: key });
    const key = `message-${crypto.randomUUID()}`;
    const [a, b] = await Promise.all([send(), send()]);
    expect(a).toEqual(b);
    await ended(client, a.run);
    const events = await eventsOf(a.run);
    expect(events.filter((event) => event.type === 'user.intent.identified')).toHaveLength(1);
  });
});
