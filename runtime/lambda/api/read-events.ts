/** One page of a run's events for somebody who follows it. */
import type { EventPage } from '../../contracts/api.ts';
import type { SignalboxEvent } from '../../contracts/event.ts';
import {
  advance,
  decodeEventCursor,
  type EventCursor,
  encodeEventCursor,
  FIRST,
  isSeen,
} from '../../core/event-cursor.ts';
import type { ReadModelReader, System } from '../../ports.ts';

const PAGE_MAX_EVENTS = 100;
/** Lambda answers with 6 MB at most. */
const PAGE_MAX_BYTES = 4 * 1024 * 1024;
const STRIDE = 100;
const FIRST_PAUSE_MS = 150;
const LONGEST_PAUSE_MS = 1000;

interface EventPorts {
  readonly readModel: ReadModelReader;
  readonly system: System;
}

/**
 * The events behind `after`; while there are none, asks again until `untilMs`.
 * @throws InvalidCursorError
 */
export async function readEventPage(
  ports: EventPorts,
  query: { readonly run: string; readonly after?: string; readonly untilMs: number },
): Promise<EventPage> {
  const { system } = ports;
  const cursor = query.after === undefined ? FIRST : decodeEventCursor(query.after);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.5)) {
    const page = await pageBehind(ports, query.run, cursor);
    const leftMs = query.untilMs - system.now();
    if (page.events.length > 0 || leftMs <= 0) return page;
    await system.sleep(Math.min(pauseMs, leftMs));
  }
}

async function pageBehind(
  { readModel, system }: EventPorts,
  run: string,
  cursor: EventCursor,
): Promise<EventPage> {
  // Everything above the cursor's position, as far as it was read: given before, or given now.
  const above: SignalboxEvent[] = [];
  const events: SignalboxEvent[] = [];
  let [bytes, more] = [0, false];
  for await (const event of eventsBehind(readModel, run, cursor.behind)) {
    if (!isSeen(cursor, event)) {
      bytes += Buffer.byteLength(JSON.stringify(event));
      more = events.length === PAGE_MAX_EVENTS || (events.length > 0 && bytes > PAGE_MAX_BYTES);
      if (more) break;
      events.push(event);
    }
    above.push(event);
  }
  return { events, next: encodeEventCursor(advance(cursor, above, system.now())), more };
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
