/** One page of a run's events for somebody who follows it. */
import type { EventPage } from '../../contracts/api.ts';
import type { SignalboxEvent } from '../../contracts/event.ts';
import {
  advance,
  decodeEventCursor,
  type EventCursor,
  encodeEventCursor,
  FIRST,
  hasUnsettled,
  horizonAt,
  isDueAgain,
  isSeen,
  settle,
} from '../../core/event-cursor.ts';
import type { ReadModelReader, System } from '../../ports.ts';
import { poll } from './poll.ts';

const PAGE_MAX_EVENTS = 100;
/** Lambda answers with 6 MB at most. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;
const STRIDE = 100;

interface EventPorts {
  readonly readModel: ReadModelReader;
  readonly system: System;
}

/**
 * The events behind `after`; while there are none, asks again until `untilMs`.
 * @throws InvalidCursorError
 */
export function readEventPage(
  ports: EventPorts,
  query: { readonly run: string; readonly after?: string; readonly untilMs: number },
): Promise<EventPage> {
  const cursor = query.after === undefined ? FIRST : decodeEventCursor(query.after);
  return poll(ports.system, query.untilMs, async () => {
    const page = await pageBehind(ports, query.run, cursor);
    return { value: page, isEnough: page.events.length > 0 };
  });
}

async function pageBehind(
  { readModel, system }: EventPorts,
  run: string,
  cursor: EventCursor,
): Promise<EventPage> {
  const reading = { readModel, run, page: new Page(), horizon: horizonAt(system.now()) };
  const settled = await giveAgain(reading, cursor);
  const next = reading.page.isFull ? settled : await giveNew(reading, settled);
  const { events, isFull } = reading.page;
  return { events, next: encodeEventCursor(next), more: isFull };
}

/** What is asked for while a page is made. */
interface Reading {
  readonly readModel: ReadModelReader;
  readonly run: string;
  readonly page: Page;
  /** Of the moment before anything was read. */
  readonly horizon: string;
}

async function giveAgain(
  { readModel, run, page, horizon }: Reading,
  cursor: EventCursor,
): Promise<EventCursor> {
  if (!hasUnsettled(cursor)) return cursor;
  let next = cursor;
  for await (const event of eventsBehind(readModel, run, cursor.settled)) {
    if (!isDueAgain(cursor, event, horizon) || !page.take(event)) break;
    next = settle(next, event);
  }
  return next;
}

async function giveNew(
  { readModel, run, page, horizon }: Reading,
  cursor: EventCursor,
): Promise<EventCursor> {
  const read: SignalboxEvent[] = [];
  for await (const event of eventsBehind(readModel, run, cursor.behind)) {
    if (!isSeen(cursor, event) && !page.take(event)) break;
    read.push(event);
  }
  return advance(cursor, { read, isCut: page.isFull, horizon });
}

/** The events of a page, as many as fit. */
class Page {
  readonly events: SignalboxEvent[] = [];
  /** True once an event did not fit: more is there already. */
  isFull = false;
  #bytes = 0;

  /** True when the event has found its place; one always does. */
  take(event: SignalboxEvent): boolean {
    this.#bytes += Buffer.byteLength(JSON.stringify(event));
    this.isFull =
      this.events.length === PAGE_MAX_EVENTS ||
      (this.events.length > 0 && this.#bytes > PAGE_MAX_BYTES);
    if (!this.isFull) this.events.push(event);
    return !this.isFull;
  }
}

async function* eventsBehind(
  readModel: ReadModelReader,
  run: string,
  position: string,
): AsyncGenerator<SignalboxEvent> {
  for (let after = position; ; ) {
    const page = await readModel.events({ run, after, limit: STRIDE });
    yield* page.events;
    if (!page.more || page.next === undefined) return;
    after = page.next;
  }
}
