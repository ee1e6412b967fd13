import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { decodeEventCursor, encodeEventCursor } from '#runtime/core/event-cursor.ts';
import { hash } from '#runtime/core/hash.ts';
import { readEventPage } from '#runtime/lambda/api/read-events.ts';
import type { ReadModelReader } from '#runtime/ports.ts';
import { RUN, started, T0 } from '../support/story.ts';

/** When an event happens, and how much later it turns up, in milliseconds. */
const appearance = fc.record({ atMs: fc.nat(200_000), lateMs: fc.nat(59_000) });

const eventOf = (i: number, atMs: number): SignalboxEvent => ({
  ...started(atMs),
  id: hash(['event', i]),
  type: 'thing.happened',
});

describe('N1: whoever follows a run with cursors gets every event exactly once', () => {
  it('in whatever order events turn up, each at most a minute late', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(appearance, { maxLength: 150 }),
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 20 }),
        async (appearances, pauses) => {
          const system = new VirtualSystem({ startMs: T0 });
          const readModel = new MemoryReadModel();
          const coming = appearances.map(({ atMs, lateMs }, i) => ({
            event: eventOf(i, atMs),
            appearsMs: T0 + atMs + lateMs,
          }));
          const seen: string[] = [];
          let after: string | undefined;
          const readAll = async (): Promise<void> => {
            const arrived = coming.filter(({ appearsMs }) => appearsMs <= system.now());
            await readModel.apply(arrived.map(({ event }) => ({ kind: 'event', event })));
            for (let more = true; more; ) {
              const page = await readEventPage(
                { readModel, system },
                { run: RUN, ...(after !== undefined && { after }), untilMs: 0 },
              );
              seen.push(...page.events.map(({ id }) => id));
              [after, more] = [page.next, page.more];
            }
          };
          for (const pause of pauses) {
            await system.advance(pause);
            await readAll();
          }
          await system.advance(300_000);
          await readAll();
          expect(seen.toSorted()).toEqual(coming.map(({ event }) => event.id).toSorted());
        },
      ),
      { numRuns: 60 },
    );
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
    const seen = new Set<string>();
    let after: string | undefined;
    for (let more = true; more; ) {
      const page = await readEventPage(
        { readModel, system },
        { run: RUN, ...(after !== undefined && { after }), untilMs: 0 },
      );
      expect(page.next.length).toBeLessThan(4500);
      for (const { id } of page.events) seen.add(id);
      [after, more] = [page.next, page.more];
    }
    expect(seen.size).toBe(1000);
  });

  it('survives its travel as text', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 64 }),
        fc.array(fc.string(), { maxLength: 20 }),
        (behind, seen) => {
          const text = encodeEventCursor({ behind, seen });
          expect(text).toMatch(/^[\w-]*$/);
          fc.pre(behind.isWellFormed() && seen.every((id) => id.isWellFormed()));
          expect(decodeEventCursor(text)).toEqual({ behind, seen });
        },
      ),
    );
  });
});
