import { describe, expect, test } from 'vitest';
import { eventPosition } from '#runtime/contracts/event.ts';
import type { Projection } from '#runtime/ports.ts';
import {
  AWKWARD_JSON,
  eventProjection,
  newRun,
  type ReadModelSubject,
  sampleEvent,
  textOf,
} from './samples.ts';

/** The first events of a run. */
const eventProjections = (run: string, count: number): readonly Projection[] =>
  Array.from({ length: count }, (_, n) => eventProjection(run, n));

/** What every read model does with events. */
export function testEvents(subject: () => ReadModelSubject): void {
  describe('set and order', () => testOrder(subject));
  describe('paging', () => testPaging(subject));
  describe('content', () => testContent(subject));
}

function testOrder(subject: () => ReadModelSubject): void {
  test('gives the events of a run in the order of their positions, however they came', async () => {
    const run = newRun();
    const projections = eventProjections(run, 40);
    await subject().writer.apply(projections.toReversed());
    const page = await subject().reader.events({ run, limit: 100 });
    expect(page.events).toEqual(Array.from({ length: 40 }, (_, n) => sampleEvent(run, n)));
    expect(page.more).toBe(false);
  });

  test('orders events of one time by id', async () => {
    const run = newRun();
    const { time } = sampleEvent(run, 0);
    const events = ['c', 'a', 'b'].map((id) => sampleEvent(run, 0, { id, time }));
    await subject().writer.apply(events.map((event) => ({ kind: 'event', event })));
    const { events: read } = await subject().reader.events({ run, limit: 10 });
    expect(read.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  test('keeps one of an event that is applied twice, in one batch or in two', async () => {
    const run = newRun();
    const projections = eventProjections(run, 3);
    await subject().writer.apply([...projections, ...projections]);
    await subject().writer.apply(projections);
    expect((await subject().reader.events({ run, limit: 10 })).events).toHaveLength(3);
  });

  test('keeps runs apart, and gives nothing for an unknown one', async () => {
    const [run, other] = [newRun(), newRun()];
    await subject().writer.apply([...eventProjections(run, 2), ...eventProjections(other, 1)]);
    expect((await subject().reader.events({ run: other, limit: 10 })).events).toHaveLength(1);
    expect(await subject().reader.events({ run: newRun(), limit: 10 })).toEqual({
      events: [],
      more: false,
    });
  });

  test('shows an event that arrives late at its place', async () => {
    const run = newRun();
    await subject().writer.apply([eventProjection(run, 0), eventProjection(run, 2)]);
    await subject().writer.apply([eventProjection(run, 1)]);
    const { events } = await subject().reader.events({ run, limit: 10 });
    expect(events.map(({ data }) => data)).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });
}

function testPaging(subject: () => ReadModelSubject): void {
  test('pages: each page goes on behind the last, the last one says that there is no more', async () => {
    const run = newRun();
    await subject().writer.apply(eventProjections(run, 7));
    const sizes: number[] = [];
    const ids: string[] = [];
    let after: string | undefined;
    for (let more = true; more; ) {
      const page = await subject().reader.events({ run, limit: 3, ...(after && { after }) });
      sizes.push(page.events.length);
      ids.push(...page.events.map(({ id }) => id));
      ({ next: after, more } = page);
    }
    expect(sizes).toEqual([3, 3, 1]);
    expect(ids).toEqual(Array.from({ length: 7 }, (_, n) => sampleEvent(run, n).id));
  });

  test('says that there is no more when the page holds exactly the rest', async () => {
    const run = newRun();
    await subject().writer.apply(eventProjections(run, 3));
    const page = await subject().reader.events({ run, limit: 3 });
    expect(page.more).toBe(false);
    expect(page.next).toBe(eventPosition(sampleEvent(run, 2)));
    const behind = await subject().reader.events({ run, limit: 3, after: page.next ?? '' });
    expect(behind).toEqual({ events: [], more: false });
  });

  test('goes on behind any text, also one that is no position', async () => {
    const run = newRun();
    await subject().writer.apply(eventProjections(run, 5));
    const { time } = sampleEvent(run, 2);
    const page = await subject().reader.events({ run, after: time, limit: 10 });
    expect(page.events.map(({ data }) => data)).toEqual([{ n: 2 }, { n: 3 }, { n: 4 }]);
    const behindAll = await subject().reader.events({ run, after: '~', limit: 10 });
    expect(behindAll.events).toEqual([]);
  });
}

function testContent(subject: () => ReadModelSubject): void {
  test('gives every JSON value back as it was, and large events whole', async () => {
    const run = newRun();
    const events = [
      sampleEvent(run, 0, { data: AWKWARD_JSON }),
      ...[1, 2, 3, 4, 5].map((n) => sampleEvent(run, n, { data: textOf(350 * 1024) })),
    ];
    await subject().writer.apply(events.map((event) => ({ kind: 'event', event })));
    const page = await subject().reader.events({ run, limit: 5 });
    expect(page.events).toEqual(events.slice(0, 5));
    expect(page.more).toBe(true);
  });

  test('refuses an event that is too large', async () => {
    const event = sampleEvent(newRun(), 0, { data: textOf(400 * 1024) });
    const applied = subject().writer.apply([{ kind: 'event', event }]);
    await expect(applied).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });
}
