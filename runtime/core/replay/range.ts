/**
 * Which part of the archive a replay reads, and which events it picks.
 *
 * Boundary: pure.
 * Invariants
 * RP2. An hour of the archive is read only when the archiver is past it, or past the replay's end: of
 *      the keys behind the cursor none is missing that comes later.
 * RP3. The archive is by arrival, the range by when events happened. An event arrives after it
 *      happened, late by as long as the stream was away: `LATEST_MS` is looked at behind the end.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { ReplayRange } from '../../contracts/replay.ts';
import { hourEndMs, hourPrefix } from '../archive-key.ts';

/** An event that arrives later than that after it happened is not found by the end of a range. */
const LATEST_MS = 3_600_000;
/**
 * What happens takes so long to arrive as a rule, the end of a run longest: Step Functions tells it by way
 * of EventBridge and a queue. A replay that reaches to now waits for it.
 */
const ARRIVAL_MS = 10_000;

/** The key behind which a replay begins: sorts before every key of the first hour. */
export const firstCursor = ({ from }: ReplayRange): string => hourPrefix(Date.parse(from));

/** True for a key behind everything that a replay reads. */
export const isBehindRange = (key: string, { to }: ReplayRange): boolean =>
  key > `${hourPrefix(Date.parse(to) + LATEST_MS)}~`;

/** The instant that the archiver has to be past before the archive is read to its end; epoch milliseconds (RP2). */
export const settledMs = ({ to }: ReplayRange): number => Date.parse(to) + ARRIVAL_MS;

/** The same before an object may be read. */
export const neededMs = (key: string, range: ReplayRange): number =>
  Math.min(hourEndMs(key) ?? 0, settledMs(range));

export const isWanted = ({ time, run, type }: SignalboxEvent, range: ReplayRange): boolean => {
  const atMs = Date.parse(time);
  return (
    atMs >= Date.parse(range.from) &&
    atMs < Date.parse(range.to) &&
    (range.run === undefined || range.run === run) &&
    (range.type === undefined || range.type === type)
  );
};
