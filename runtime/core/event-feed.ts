/**
 * Following the events of a run page by page, although some arrive after later ones.
 *
 * Job: the meaning of the `after` cursor. Events are ordered by (time, id), both their own, so that
 * the order is a function of the set of events (R11). An event may arrive late: its place is then
 * before the position that a follower has reached already.
 * Invariants
 * F1. A cursor says how far its follower has come and how many events it was given up to there. If
 *     more than that are there now, the feed starts over from the first event. So a follower misses
 *     nothing, and may be given an event again: same id, same content (R4), to be dropped by id.
 * F2. Without late arrivals nothing is given twice.
 */
import * as z from 'zod/mini';
import type { SignalboxEvent } from '../contracts/event.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { sortableTime } from './listing.ts';

/** How far a follower has come: the key of the last event it was given, and how many it was given. */
export interface FeedPosition {
  readonly key: string;
  readonly given: number;
}

const Position = z.tuple([z.string(), z.int().check(z.nonnegative())]);

/** Where an event stands among the events of its run. */
export const eventKey = (event: SignalboxEvent): string =>
  `${sortableTime(event.time)}#${event.id}`;

/** @throws CursorError */
export function feedPosition(after: string | undefined): FeedPosition | null {
  if (after === undefined) return null;
  const [key, given] = decodeCursor(Position, after);
  return { key, given };
}

/**
 * From where the next page is read, given how many events now stand at or before `position`; `null`
 * from the first event (F1).
 */
export const resumeFeed = (position: FeedPosition | null, nowThere: number): FeedPosition | null =>
  position !== null && nowThere > position.given ? null : position;

/** One page out of the events found behind `from`: at most `limit`, and a cursor to go on with. */
export function feedPage(
  from: FeedPosition | null,
  found: readonly SignalboxEvent[],
  limit: number,
): { readonly events: readonly SignalboxEvent[]; readonly next?: string; readonly more: boolean } {
  const events = found.slice(0, limit);
  const last = events.at(-1);
  const key = last ? eventKey(last) : from?.key;
  return {
    events,
    ...(key !== undefined && { next: encodeCursor([key, (from?.given ?? 0) + events.length]) }),
    more: found.length > limit,
  };
}
