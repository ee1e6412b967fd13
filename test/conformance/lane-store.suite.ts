import { describe, expect, test } from 'vitest';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { LaneEntry, LaneStore } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleEvent } from './samples.ts';

type GetLanes = () => { readonly lanes: LaneStore };

const CAUSE = { code: 'UNHANDLED', message: 'RangeError: no such rule' };
const PARKED_AT = '2026-05-01T12:00:00.000Z';

/** A consumer that no other test has. */
const newConsumer = (): string => `consumer-${nodeSystem.randomId().toLowerCase()}`;

/** What every LaneStore does. */
export function testLaneStore(subject: GetLanes): void {
  describe('park and queue', () => testFilling(subject));
  describe('remove', () => testEmptying(subject));
  describe('openOf and list', () => testLooking(subject));
  describe('blame', () => testBlame(subject));
}

/** A lane of its own, and what is done with it. */
function laneOf({ lanes }: { readonly lanes: LaneStore }, consumer = newConsumer()) {
  const run = newRun();
  const lane = { consumer, run };
  return {
    ...lane,
    park: (event: SignalboxEvent, parkedAt = PARKED_AT) =>
      lanes.park({ ...lane, event, cause: CAUSE, parkedAt }),
    queue: (event: SignalboxEvent) => lanes.queue({ ...lane, event, parkedAt: PARKED_AT }),
    oldest: (limit = 100) => lanes.oldest({ ...lane, limit }),
    first: async (): Promise<LaneEntry> => {
      const [entry] = await lanes.oldest({ ...lane, limit: 1 });
      if (!entry) throw new TypeError('the lane is empty');
      return entry;
    },
    ids: async () => (await lanes.oldest({ ...lane, limit: 100 })).map(({ event }) => event.id),
    isOpen: async () => (await lanes.openOf({ consumer, runs: [run] })).has(run),
    event: (n: number, changes: Partial<SignalboxEvent> = {}) => sampleEvent(run, n, changes),
  };
}

function testFilling(subject: GetLanes): void {
  test('R8: an event opens the lane of its run with its cause, and those behind it wait in their order', async () => {
    const { park, queue, oldest, event } = laneOf(subject());
    const events = [event(1), event(2), event(3)] as const;
    await park(events[0]);
    expect(await queue(events[1])).toBe('queued');
    expect(await queue(events[2])).toBe('queued');
    const entries = await oldest();
    expect(entries.map((entry) => entry.event)).toEqual(events);
    expect(entries.map(({ cause }) => cause)).toEqual([CAUSE, null, null]);
    expect(entries.map(({ parkedAt }) => parkedAt)).toEqual([PARKED_AT, PARKED_AT, PARKED_AT]);
    expect(await oldest(2)).toEqual(entries.slice(0, 2));
  });

  test('nothing queues where no lane is open', async () => {
    const { queue, isOpen, oldest, event } = laneOf(subject());
    expect(await queue(event(1))).toBe('closed');
    expect(await isOpen()).toBe(false);
    expect(await oldest()).toEqual([]);
  });

  test('an event waits once, however often it is parked and queued', async () => {
    const { park, queue, ids, event } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    expect(await queue(event(2))).toBe('queued');
    expect(await queue(event(1))).toBe('queued');
    await park(event(1));
    await park(event(2));
    expect(await ids()).toEqual([event(1).id, event(2).id]);
  });

  test('parking gives the lane: as it was opened, not as it would have been', async () => {
    const { park, event } = laneOf(subject());
    const opened = await park(event(1));
    expect(opened).toMatchObject({ event: event(1).id, code: 'UNHANDLED', parkedAt: PARKED_AT });
    expect(await park(event(1), '2026-05-01T12:09:00.000Z')).toEqual(opened);
    expect(await park(event(2), '2026-05-01T12:09:00.000Z')).toEqual(opened);
  });

  test('events put at the same time are all there, each once', async () => {
    const { park, queue, ids, event } = laneOf(subject());
    const events = Array.from({ length: 4 }, (_, n) => event(n));
    await Promise.all([park(event(10)), park(event(10))]);
    await Promise.all([...events, ...events].map((one) => queue(one)));
    expect((await ids()).toSorted()).toEqual([event(10), ...events].map(({ id }) => id).toSorted());
  });

  test('an entry holds whatever an event can', async () => {
    const { park, queue, oldest, event } = laneOf(subject());
    const awkward = event(1, { data: AWKWARD_JSON });
    const empty = event(2, { data: '' });
    const room = EVENT_MAX_BYTES - Buffer.byteLength(JSON.stringify(empty));
    const largest = { ...empty, data: 'x'.repeat(room) };
    await park(largest);
    await queue(awkward);
    expect((await oldest(2)).map((entry) => entry.event)).toEqual([largest, awkward]);
  });

  test('what is too large for the stream is refused', async () => {
    const { park, isOpen, event } = laneOf(subject());
    const parking = park(event(1, { data: 'x'.repeat(EVENT_MAX_BYTES) }));
    await expect(parking).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await isOpen()).toBe(false);
  });
}

function testEmptying(subject: GetLanes): void {
  test('the last entry that is taken out closes the lane; what comes then is not queued', async () => {
    const { lanes } = subject();
    const { park, queue, first, isOpen, event } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    await lanes.remove(await first());
    expect(await isOpen()).toBe(true);
    await lanes.remove(await first());
    expect(await isOpen()).toBe(false);
    expect(await queue(event(3))).toBe('closed');
  });

  test('an entry that is out already takes nothing else along', async () => {
    const { lanes } = subject();
    const { park, queue, first, ids, event } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    const entry = await first();
    await lanes.remove(entry);
    await lanes.remove(entry);
    expect(await ids()).toEqual([event(2).id]);
  });

  test('an entry of a lane that was closed and opened again takes nothing of the new one along', async () => {
    const { lanes } = subject();
    const { park, first, ids, event } = laneOf(subject());
    await park(event(1));
    const old = await first();
    await lanes.remove(old);
    await park(event(2));
    await lanes.remove(old);
    expect(await ids()).toEqual([event(2).id]);
  });

  test('an event that was taken out can wait again', async () => {
    const { lanes } = subject();
    const { park, queue, first, ids, event } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    await lanes.remove(await first());
    await queue(event(1));
    expect(await ids()).toEqual([event(2).id, event(1).id]);
  });

  test('an event that is queued while the lane is closed is in an open lane, or was told so', async () => {
    const { lanes } = subject();
    for (let round = 0; round < 5; round += 1) {
      const { park, queue, first, ids, isOpen, event } = laneOf(subject());
      await park(event(1));
      const last = await first();
      const [outcome] = await Promise.all([queue(event(2)), lanes.remove(last)]);
      expect(await ids()).toEqual(outcome === 'queued' ? [event(2).id] : []);
      expect(await isOpen()).toBe(outcome === 'queued');
    }
  });
}

function testLooking(subject: GetLanes): void {
  test('finds the open lanes among runs, those of the consumer only', async () => {
    const { lanes } = subject();
    const consumer = newConsumer();
    const [one, two, elsewhere] = [
      laneOf(subject(), consumer),
      laneOf(subject(), consumer),
      laneOf(subject()),
    ];
    for (const lane of [one, two, elsewhere]) await lane.park(lane.event(1));
    const runs = [one.run, newRun(), two.run, elsewhere.run];
    const open = await lanes.openOf({ consumer, runs });
    expect([...open.keys()].toSorted()).toEqual([one.run, two.run].toSorted());
    expect(open.get(one.run)).toEqual({
      consumer,
      run: one.run,
      tenant: 'default',
      event: one.event(1).id,
      type: 'answer.drafted',
      code: CAUSE.code,
      cause: CAUSE.message,
      parkedAt: PARKED_AT,
    });
  });

  test('lists the open lanes of a consumer, those that were opened first before the others', async () => {
    const { lanes } = subject();
    const consumer = newConsumer();
    const opened = [];
    for (const minute of [30, 10, 20]) {
      const lane = laneOf(subject(), consumer);
      await lane.park(lane.event(1), `2026-05-01T12:${minute}:00.000Z`);
      opened.push({ minute, lane });
    }
    const runs = opened.sort((a, b) => a.minute - b.minute).map(({ lane }) => lane.run);
    const runsOf = async (limit: number) =>
      (await lanes.list({ consumer, limit })).map(({ run }) => run);
    expect(await runsOf(10)).toEqual(runs);
    expect(await runsOf(2)).toEqual(runs.slice(0, 2));
    const [first] = opened;
    if (first) await lanes.remove(await first.lane.first());
    expect(await runsOf(10)).toEqual(runs.slice(1));
  });
}

function testBlame(subject: GetLanes): void {
  const WORSE = { code: 'TOO_LARGE', message: 'TooLargeError: 400 KB' };

  test('the lane says at which event it stopped, and since when it is open', async () => {
    const { lanes } = subject();
    const { consumer, park, queue, first, event, oldest, run } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    await lanes.remove(await first());
    await lanes.blame(await first(), WORSE);
    const told = { event: event(2).id, code: 'TOO_LARGE', cause: WORSE.message };
    expect((await oldest())[0]).toMatchObject({ event: event(2), cause: WORSE });
    expect(await lanes.list({ consumer, limit: 9 })).toEqual([
      expect.objectContaining({ run, ...told, parkedAt: PARKED_AT }),
    ]);
    expect((await lanes.openOf({ consumer, runs: [run] })).get(run)).toMatchObject(told);
  });

  test('an entry that is out cannot be blamed', async () => {
    const { lanes } = subject();
    const { consumer, park, queue, first, event } = laneOf(subject());
    await park(event(1));
    await queue(event(2));
    const entry = await first();
    await lanes.remove(entry);
    await lanes.blame(entry, WORSE);
    await lanes.remove(await first());
    await lanes.blame(entry, WORSE);
    expect(await lanes.list({ consumer, limit: 9 })).toEqual([]);
  });
}
