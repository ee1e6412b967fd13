import { beforeEach, describe, expect, test } from 'vitest';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import type { Outbox } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, sampleEvent, textOf } from './samples.ts';

type GetOutbox = () => { readonly outbox: Outbox };

/** What every Outbox does. */
export function testOutbox(subject: GetOutbox): void {
  beforeEach(async () => {
    await drained(subject().outbox);
  });
  describe('put', () => testPut(subject));
  describe('oldest and remove', () => testLeaving(subject));
}

/** Takes everything out, `limit` at a time. */
async function drained(outbox: Outbox, limit = 100): Promise<readonly SignalboxEvent[]> {
  const taken: SignalboxEvent[] = [];
  for (;;) {
    const events = await outbox.oldest(limit);
    if (events.length === 0) return taken;
    expect(events.length).toBeLessThanOrEqual(limit);
    await outbox.remove(events);
    taken.push(...events);
  }
}

const eventsOf = (run: string, count: number): SignalboxEvent[] =>
  Array.from({ length: count }, (_, n) => sampleEvent(run, n));

function testPut(subject: GetOutbox): void {
  test('keeps an event with every part of it (R4)', async () => {
    const event = sampleEvent(newRun(), 1, { data: AWKWARD_JSON });
    await subject().outbox.put([event]);
    expect(await subject().outbox.oldest(10)).toEqual([event]);
  });

  test('keeps an event once, however often it is put, in one call and in several', async () => {
    const event = sampleEvent(newRun(), 1);
    const { outbox } = subject();
    await outbox.put([event, event]);
    await outbox.put([event]);
    expect(await outbox.oldest(10)).toEqual([event]);
    await outbox.remove([event, event]);
    expect(await outbox.oldest(10)).toEqual([]);
  });

  test('takes more events, and larger ones, than one call of a table holds', async () => {
    const { outbox } = subject();
    const small = eventsOf(newRun(), 60);
    const large = eventsOf(newRun(), 6).map((event) => ({ ...event, data: textOf(390 * 1024) }));
    await outbox.put([...small, ...large]);
    const taken = await drained(outbox, 500);
    expect(taken).toHaveLength(66);
    expect(taken.filter(({ run }) => run === large[0]?.run)).toEqual(large);
  });

  test('keeps none of the events when one is too large or not JSON', async () => {
    const run = newRun();
    const bad = [
      [sampleEvent(run, 2, { data: textOf(400 * 1024) }), 'TOO_LARGE'],
      [sampleEvent(run, 2, { data: { at: new Date(0) } }), 'NOT_JSON'],
    ] as const;
    const { outbox } = subject();
    for (const [event, code] of bad) {
      const put = outbox.put([sampleEvent(run, 1), event]);
      await expect(put).rejects.toMatchObject({ code });
    }
    expect(await outbox.oldest(10)).toEqual([]);
  });
}

function testLeaving(subject: GetOutbox): void {
  test('keeps an event until it is removed', async () => {
    const [first, second] = eventsOf(newRun(), 2) as [SignalboxEvent, SignalboxEvent];
    const { outbox } = subject();
    await outbox.put([first, second]);
    await outbox.oldest(10);
    await outbox.remove([first]);
    expect(await outbox.oldest(10)).toEqual([second]);
  });

  test('gives the events of a run in the order of their positions, however they came', async () => {
    const run = newRun();
    const events = eventsOf(run, 12);
    const { outbox } = subject();
    await outbox.put(events.toReversed().slice(0, 6));
    await outbox.put(events.slice(0, 6));
    expect(await outbox.oldest(100)).toEqual(events);
  });

  test.each([1, 7, 100])(
    'empties in steps of %d, each run in its order without a gap',
    async (limit) => {
      const runs = [newRun(), newRun(), newRun(), newRun()];
      const { outbox } = subject();
      await outbox.put(runs.flatMap((run) => eventsOf(run, 9)));
      const taken = await drained(outbox, limit);
      expect(taken).toHaveLength(36);
      for (const run of runs) {
        expect(taken.filter((event) => event.run === run)).toEqual(eventsOf(run, 9));
      }
    },
  );

  test('has nothing to do for nothing, and forgets what it does not know', async () => {
    const { outbox } = subject();
    await outbox.put([]);
    await outbox.remove([]);
    await outbox.remove([sampleEvent(newRun(), 1)]);
    expect(await outbox.oldest(10)).toEqual([]);
  });
}
