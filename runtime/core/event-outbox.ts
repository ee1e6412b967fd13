/**
 * Events that wait for the stream: where each one lies, and what the stream's refusal of it means.
 *
 * Boundary: keys and decisions; how items are stored is the adapter's business.
 * Invariants
 * O1. An event has one place, which follows from its id: keeping it twice leaves one.
 * O2. All events of a run lie in one partition in the order of their positions, so that they leave in
 *     that order; runs are spread over partitions, each of which takes 1,000 small events a second.
 * O3. Only what the stream could take later is kept: an event that it can never take is its author's
 *     mistake, and kept it would be in the way of every other one.
 */
import { eventPosition, type SignalboxEvent } from '../contracts/event.ts';
import { LEDGER_AREAS } from '../contracts/tables.ts';
import { NotJsonError } from './json.ts';
import type { ItemKey } from './ledger-item.ts';
import { TooLargeError } from './limits.ts';
import { partitionOf, partitionsOf } from './spread.ts';

/** How long the stream is taken to be away after a failure: no event waits for it meanwhile. */
const AWAY_MS = 10_000;

export const outboxKey = (event: SignalboxEvent): ItemKey => ({
  pk: partitionOf(LEDGER_AREAS.outbox, event.run),
  sk: eventPosition(event),
});

export const OUTBOX_PARTITIONS: readonly string[] = partitionsOf(LEDGER_AREAS.outbox);

/** True for the refusal of events that no stream will ever take (O3). */
export const isRefusedForGood = (error: unknown): boolean =>
  error instanceof NotJsonError || error instanceof TooLargeError;

/** Whether the stream is known to be away. A clock that was set back ends it too. */
export const isAway = (failedAtMs: number | null, nowMs: number): boolean =>
  failedAtMs !== null && nowMs >= failedAtMs && nowMs < failedAtMs + AWAY_MS;

/** The first `limit` of events that were found in several partitions, oldest first. */
export const oldestOf = (
  events: readonly SignalboxEvent[],
  limit: number,
): readonly SignalboxEvent[] =>
  events
    .map((event) => ({ event, position: eventPosition(event) }))
    .sort((a, b) => (a.position < b.position ? -1 : 1))
    .slice(0, limit)
    .map(({ event }) => event);
