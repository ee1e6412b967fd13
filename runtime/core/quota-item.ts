/**
 * The items of buckets: where one lives, and what of its record is text and what are numbers.
 *
 * Boundary: keys, checks and shapes; how an item is read and written is the adapter's business.
 *
 * Invariants
 * B1. What reservations change are numbers of their own, so that a reservation is one update; everything
 *     else is one text, written only when the bucket is changed.
 */
import type { CallLine, QuotaKey, QuotaRecord } from '../contracts/quota.ts';
import { LIMITS_AREAS } from '../contracts/tables.ts';
import { type ItemKey, RevisionError } from './ledger-item.ts';
import { boundedJson, RECORD_MAX_BYTES } from './limits.ts';

/** The numbers of a line that reservations change. */
export type LineNumbers = Pick<CallLine, 'next' | 'pushed' | 'fastNext'>;

/** What of a record reservations change. */
export interface QuotaNumbers {
  readonly requests: LineNumbers;
  readonly tokens?: LineNumbers;
  readonly takenBy: Readonly<Record<string, number>>;
  readonly callMs?: number;
}

/** All buckets of a quota are one partition, the shared one first. */
export const quotaPartition = (quota: string): string => `${LIMITS_AREAS.quotas}#${quota}`;

export const quotaKey = ({ quota, tenant }: QuotaKey): ItemKey => ({
  pk: quotaPartition(quota),
  sk: tenant === undefined ? 'line' : `tenant#${tenant}`,
});

/**
 * The text of a record that replaces `before`.
 * @throws RevisionError, TooLargeError
 */
export function quotaText(record: QuotaRecord, before: QuotaRecord | null): string {
  const allowed = (before?.ver ?? 0) + 1;
  if (record.ver !== allowed) {
    throw new RevisionError(
      `the quota "${record.quota}" has ver ${record.ver} and expects to replace ver ${before?.ver ?? null}; allowed: ver ${allowed}`,
    );
  }
  const { taken: _, takenBy: __, callMs: ___, ...rest } = record;
  return boundedJson(`the quota "${record.quota}"`, rest, RECORD_MAX_BYTES);
}

/** The numbers of lines that a change writes; those that reservations have changed meanwhile stay as they are. */
export function numbersToWrite(
  record: QuotaRecord,
  before: QuotaRecord | null,
): Partial<Pick<QuotaNumbers, 'requests' | 'tokens'>> {
  const isAnew = record.epoch !== before?.epoch;
  return {
    ...(isAnew && { requests: record.requests }),
    ...(record.tokens && (isAnew || !before?.tokens) && { tokens: record.tokens }),
  };
}

export function recordFrom(text: string, numbers: QuotaNumbers): QuotaRecord {
  const { requests, tokens, ...rest }: QuotaRecord = JSON.parse(text);
  const { takenBy, callMs } = numbers;
  return {
    ...rest,
    requests: { ...requests, ...numbers.requests },
    ...(tokens && { tokens: { ...tokens, ...numbers.tokens } }),
    taken: Object.values(takenBy).reduce((sum, taken) => sum + taken, 0),
    takenBy,
    ...(callMs !== undefined && { callMs }),
  };
}
