/**
 * Where past events lie in the archive: one layout everywhere.
 *
 * `events/<yyyy>/<mm>/<dd>/<hh>/<shard>-<first sequence>.jsonl`, by the hour of arrival in the stream, UTC.
 * Invariants
 * A1. Keys of one shard sort as its records do, those of all shards by hour.
 * A2. The same first record gives the same key: a batch that comes again replaces what it wrote before.
 *     Another cut of the batches overlaps, and readers tell events by their ids.
 */

export const ARCHIVE_PREFIX = 'events/';

/** Sequence numbers of Kinesis have 56 digits; more are allowed for (consume/checkpoint.ts). */
const SEQUENCE_DIGITS = 64;

const HOUR_MS = 3_600_000;

/** What the keys of an hour begin with. */
export const hourPrefix = (ms: number): string =>
  `${ARCHIVE_PREFIX}${new Date(ms).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/')}/`;

/** The key of the object that begins with this record. */
export const archiveKey = (first: {
  readonly shard: string;
  readonly sequence: string;
  readonly arrivedMs: number;
}): string =>
  `${hourPrefix(first.arrivedMs)}${first.shard}-${first.sequence.padStart(SEQUENCE_DIGITS, '0')}.jsonl`;

/** When the hour of a key is over, in epoch milliseconds; `null` for a key of another layout. */
export function hourEndMs(key: string): number | null {
  const parts = /^events\/(\d{4})\/(\d{2})\/(\d{2})\/(\d{2})\//.exec(key);
  if (!parts) return null;
  const [year, month, day, hour] = parts.slice(1).map(Number);
  return Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour) + HOUR_MS;
}
