import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { decodeEventCursor, encodeEventCursor } from '#runtime/core/event-cursor.ts';
import { hash } from '#runtime/core/hash.ts';
import { readEventPage } from '#runtime/lambda/api/read-events.ts';
import type { ReadModelReader, System } from '#runtime/ports.ts';
import { RUN, started, T0 } from '../support/story.ts';

const LATE_MS = 59_000;

/** When an event happens, and how much later it turns up, in milliseconds. */
const appearance = fc.record({ atMs: fc.nat(200_000), lateMs: fc.nat(LATE_MS) });

interface Appearance {
  readonly atMs: number;
  readonly lateMs: number;
}

const pauses = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 });

const eventOf = (i: number, atMs: number): SignalboxEvent => ({
  ...started(atMs),
  id: hash(['event', i]),
  type: 'thing.happened',
});

/** Somebody who follows a run: reads all that there is, again and again, and writes down every id that is given. */
function follower(
  readModel: ReadModelReader,
  system: Pick<System, 'now' | 'sleep' | 'randomId'>,
  most = 500,
) {
  const given: string[] = [];
  let after: string | undefined;
  const read = async (): Promise<void> => {
    for (let pages = 0; pages < most; pages += 1) {
      const page = await readEventPage(
        { readModel, system },
        { run: RUN, ...(after !== undefined && { after }), untilMs: 0 },
      );
      given.push(...page.events.map(({ id }) => id));
      after = page.next;
      if (!page.more) return;
    }
    expect.fail(`there is always more, after ${most} pages`);
  };
  return { given, read };
}

/** Lets events turn up while somebody follows the run with pauses; gives all ids, and the ids given. */
async function followed(appearances: readonly Appearance[], waits: readonly number[]) {
  const system = new VirtualSystem({ startMs: T0 });
  const readModel = new MemoryReadModel();
  const coming = appearances.map(({ atMs, lateMs }, i) => ({
    event: eventOf(i, atMs),
    appearsMs: T0 + atMs + lateMs,
  }));
  const { given, read } = follower(readModel, system);
  for (const pause of [...waits, 300_000]) {
    const sinceMs = system.now();
    await system.advance(pause);
    const arrived = coming.filter(
      ({ appearsMs }) => appearsMs <= system.now() && (appearsMs > sinceMs || sinceMs === T0),
    );
    await readModel.apply(arrived.map(({ event }) => ({ kind: 'event', event })));
    await read();
  }
  return { ids: coming.map(({ event }) => event.id), given };
}

describe('N1: whoever follows a run with cursors gets every event', () => {
  it('exactly once, in whatever order events turn up, each at most a minute late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(appearance, { maxLength: 150 }), pauses, async (events, waits) => {
        const { ids, given } = await followed(events, waits);
        expect(given.toSorted()).toEqual(ids.toSorted());
      }),
      { numRuns: 60 },
    );
  });

  it('at least once and at most twice when more of them are recent than a cursor can name', async () => {
    const busy = fc.record({ atMs: fc.nat(30_000), lateMs: fc.nat(LATE_MS) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(busy, { minLength: 250, maxLength: 500, size: 'max' }),
        pauses,
        async (events, waits) => {
          const { ids, given } = await followed(events, waits);
          expect([...new Set(given)].toSorted()).toEqual(ids.toSorted());
          const times = Map.groupBy(given, (id) => id);
          expect(Math.max(...[...times.values()].map((all) => all.length))).toBeLessThanOrEqual(2);
        },
      ),
      // Histories of this size take long to shrink.
      { numRuns: 15, endOnFailure: true },
    );
  });

  it('though more than a page of them turns up before others that were given', async () => {
    const early = Array.from({ length: 150 }, (_, i) => ({ atMs: i, lateMs: 20_000 }));
    const late = Array.from({ length: 40 }, (_, i) => ({ atMs: 1000 + i, lateMs: 0 }));
    const { ids, given } = await followed([...early, ...late], [5000, 20_000, 1000]);
    expect(given.toSorted()).toEqual(ids.toSorted());
  });

  it('though it turns up while a page is being read, just in time', async () => {
    const system = new VirtualSystem({ startMs: T0 });
    const stored = new MemoryReadModel();
    const [late, other] = [eventOf(1, 500), eventOf(2, 501)];
    await stored.apply([{ kind: 'event', event: other }]);
    const readModel: ReadModelReader = {
      listing: (run) => stored.listing(run),
      list: (query) => stored.list(query),
      events: async (query) => {
        const page = await stored.events(query);
        await system.advance(450);
        await stored.apply([{ kind: 'event', event: late }]);
        await system.advance(450);
        return page;
      },
    };
    const { given, read } = follower(readModel, system);
    await system.advance(60_000);
    await read();
    await read();
    expect(given).toEqual([other.id, late.id]);
  });
});

describe('N2: a cursor', () => {
  it('stays short, however many events there are', async () => {
    const system = new VirtualSystem({ startMs: T0 });
    const events = Array.from({ length: 1000 }, (_, i) => eventOf(i, i)).sort((a, b) =>
      eventPosition(a) < eventPosition(b) ? -1 : 1,
    );
    const readModel: ReadModelReader = {
      events: async ({ after = '', limit }) => {
        const above = events.filter((event) => eventPosition(event) > after);
        const page = above.slice(0, limit);
        const last = page.at(-1);
        return {
          events: page,
          ...(last && { next: eventPosition(last) }),
          more: above.length > limit,
        };
      },
      listing: async () => null,
      list: async () => ({ runs: [] }),
    };
    const cursors: string[] = [];
    let after: string | undefined;
    for (let more = true; more; ) {
      const page = await readEventPage(
        { readModel, system },
        { run: RUN, ...(after !== undefined && { after }), untilMs: 0 },
      );
      cursors.push(page.next);
      [after, more] = [page.next, page.more];
    }
    expect(Math.max(...cursors.map(({ length }) => length))).toBeLessThan(4500);
    expect(cursors).toHaveLength(10);
  });

  it('survives its travel as text', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 64 }),
        fc.array(fc.string(), { maxLength: 20 }),
        (behind, seen) => {
          const cursor = { settled: '', behind, seen };
          const text = encodeEventCursor(cursor);
          expect(text).toMatch(/^[\w-]*$/);
          fc.pre(behind.isWellFormed() && seen.every((id) => id.isWellFormed()));
          expect(decodeEventCursor(text)).toEqual(cursor);
        },
      ),
    );
  });
});
