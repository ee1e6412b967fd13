/**
 * How somebody follows a run's events without missing one.
 *
 * Job: a cursor that says which events were seen. Events reach the read model by two ways (workers
 * write to the stream, status changes come by EventBridge), so one may turn up *before* others that
 * were read already; "behind the last one" would miss it for ever.
 * Boundary: pure; the cursor travels as opaque text.
 *
 * Invariants
 * N1. Read with the cursors of its own pages, every event is given, however events arrive, as long as
 *     none turns up more than LATE_MS after its own time: once, while at most MAX_SEEN of them happen
 *     within LATE_MS. Of more, some are given a second time, and one that turns up among those is given
 *     only then: LATE_MS after its own time.
 * N2. A cursor stays short: it names at most MAX_SEEN events.
 *
 * The way: `behind` moves over events that are older than LATE_MS, and over the oldest of the others
 * when there are too many to name. What it moved over too early is given again as soon as it is old
 * enough, for an event may have turned up in its midst; `settled` follows it up to there.
 */
import * as z from 'zod/mini';
import { InvalidCursorError } from '../contracts/errors.ts';
import { eventPosition, type SignalboxEvent } from '../contracts/event.ts';
import { parseJson } from './parse-json.ts';

export interface EventCursor {
  /** Everything up to this position of the read model was given, and nothing turns up there any more. */
  readonly settled: string;
  /** Everything up to this position was given as far as it was there. Never before `settled`. */
  readonly behind: string;
  /** Ids of the events above `behind` that were given, shortened. */
  readonly seen: readonly string[];
}

/** How late an event may turn up. */
const LATE_MS = 60_000;
const MAX_SEEN = 200;
/** 48 bits: among the events of one minute of one run, a collision is out of the question. */
const SHORT = 12;
/** Of a time and an id, with room. */
const MAX_POSITION_LENGTH = 128;

export const FIRST: EventCursor = { settled: '', behind: '', seen: [] };

/** The time before which nothing turns up any more, for who begins to read at `nowMs`. */
export const horizonAt = (nowMs: number): string => new Date(nowMs - LATE_MS).toISOString();

/** Whether there are events that have to be given again. */
export const hasUnsettled = ({ settled, behind }: EventCursor): boolean => settled < behind;

/** Whether an event above `settled` has to be given again now. */
export const isDueAgain = (
  { behind }: EventCursor,
  event: SignalboxEvent,
  horizon: string,
): boolean => eventPosition(event) <= behind && event.time < horizon;

/** The cursor after an event that was due again, given in the order of positions. */
export const settle = (cursor: EventCursor, event: SignalboxEvent): EventCursor => ({
  ...cursor,
  settled: eventPosition(event),
});

/** Whether an event above `behind` was given to the cursor's owner before. */
export const isSeen = (cursor: EventCursor, { id }: SignalboxEvent): boolean =>
  cursor.seen.includes(shortened(id));

const shortened = (id: string): string => id.slice(0, SHORT);

/**
 * The cursor after a page of events above `cursor.behind`.
 * @param page.read all of them up to the last one that was looked at, in order, seen or given now
 * @param page.isCut true when more of them may follow
 * @param page.horizon of the moment before they were read
 */
export function advance(
  cursor: EventCursor,
  page: {
    readonly read: readonly SignalboxEvent[];
    readonly isCut: boolean;
    readonly horizon: string;
  },
): EventCursor {
  const { read, isCut, horizon } = page;
  const ids = read.map(({ id }) => shortened(id));
  const beyond = isCut ? cursor.seen.filter((id) => !ids.includes(id)) : [];
  const recent = read.findIndex(({ time }) => time >= horizon);
  const old = recent === -1 ? read.length : recent;
  const moved = Math.max(old, read.length + beyond.length - MAX_SEEN);
  const behind = positionOf(read[moved - 1]) ?? cursor.behind;
  return {
    settled: hasUnsettled(cursor) ? cursor.settled : (positionOf(read[old - 1]) ?? cursor.settled),
    behind,
    seen: [...ids.slice(moved), ...beyond],
  };
}

const positionOf = (event: SignalboxEvent | undefined): string | undefined =>
  event && eventPosition(event);

const Position = z.string().check(z.maxLength(MAX_POSITION_LENGTH));
const Cursor = z.tuple([Position, Position, z.array(z.string()).check(z.maxLength(MAX_SEEN))]);

export const encodeEventCursor = ({ settled, behind, seen }: EventCursor): string =>
  Buffer.from(JSON.stringify([settled, behind, seen])).toString('base64url');

/** @throws InvalidCursorError for text that `encodeEventCursor` did not make. */
export function decodeEventCursor(text: string): EventCursor {
  const parsed = z.safeParse(Cursor, parseJson(Buffer.from(text, 'base64url').toString()));
  if (parsed.success) {
    const [settled, behind, seen] = parsed.data;
    return { settled, behind, seen };
  }
  throw new InvalidCursorError(
    `"${text.slice(0, 80)}" is not the "next" of a page of events; leave it out to begin with the first event`,
  );
}
