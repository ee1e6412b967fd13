/**
 * How somebody follows a run's events without missing one.
 *
 * Job: a cursor that says which events were seen. Events reach the read model by two ways (workers
 * write to the stream, status changes come by EventBridge), so one may turn up *before* others that
 * were read already; "behind the last one" would miss it for ever.
 * Boundary: pure; the cursor travels as opaque text.
 *
 * Invariants
 * N1. Read with the cursors of its own pages, every event is given exactly once, however events
 *     arrive, as long as none turns up more than LATE_MS after its own time.
 * N2. A cursor stays short: it names at most MAX_SEEN events.
 */
import * as z from 'zod/mini';
import { InvalidCursorError } from '../contracts/errors.ts';
import { eventPosition, type SignalboxEvent } from '../contracts/event.ts';

export interface EventCursor {
  /** Everything up to this position (of the read model, exclusive above) counts as seen. */
  readonly behind: string;
  /** Ids of the events above it that were seen, shortened. */
  readonly seen: readonly string[];
}

/** How late an event may turn up. */
const LATE_MS = 60_000;
const MAX_SEEN = 200;
/** 48 bits: among the events of one minute of one run, a collision is out of the question. */
const SHORT = 12;
/** Of a time and an id, with room. */
const MAX_POSITION_LENGTH = 128;

export const FIRST: EventCursor = { behind: '', seen: [] };

/** Whether an event above `behind` was given to the cursor's owner before. */
export const isSeen = (cursor: EventCursor, { id }: SignalboxEvent): boolean =>
  cursor.seen.includes(id.slice(0, SHORT));

/**
 * The cursor after a page.
 * @param above all events above `cursor.behind` up to the last given one, in order, seen or new
 */
export function advance(
  cursor: EventCursor,
  above: readonly SignalboxEvent[],
  nowMs: number,
): EventCursor {
  const horizon = new Date(nowMs - LATE_MS).toISOString();
  const recent = above.findIndex(({ time }) => time >= horizon);
  const first = Math.max(recent === -1 ? above.length : recent, above.length - MAX_SEEN);
  const last = above[first - 1];
  return {
    behind: last ? eventPosition(last) : cursor.behind,
    seen: above.slice(first).map(({ id }) => id.slice(0, SHORT)),
  };
}

const Cursor = z.tuple([
  z.string().check(z.maxLength(MAX_POSITION_LENGTH)),
  z.array(z.string()).check(z.maxLength(MAX_SEEN)),
]);

export const encodeEventCursor = ({ behind, seen }: EventCursor): string =>
  Buffer.from(JSON.stringify([behind, seen])).toString('base64url');

/** @throws InvalidCursorError for text that `encodeEventCursor` did not make. */
export function decodeEventCursor(text: string): EventCursor {
  const parsed = z.safeParse(Cursor, parse(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) return { behind: parsed.data[0], seen: parsed.data[1] };
  throw new InvalidCursorError(
    `"${text.slice(0, 80)}" is not the "next" of a page of events; leave it out to begin with the first event`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
