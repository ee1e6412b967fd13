/**
 * How a ticket stands by the buckets that its places are in.
 *
 * Boundary: pure.
 */
import type { QuotaPlace, QuotaRecord, QuotaTicket } from '../contracts/quota.ts';
import { latestMs, placeDueAtMs, placeTurnAtMs } from './quota-take.ts';

/** A place that is used later than that makes calls bunch, and bunched calls draw 429s (R7). */
const LATE_MS = 1000;

export type TicketState =
  | { readonly kind: 'due' }
  /** `quota`: in whose line it waits. */
  | { readonly kind: 'wait'; readonly quota: string; readonly dueAtMs: number }
  /** Of an epoch that is over, or of a bucket that is closed or gone. */
  | { readonly kind: 'void' }
  /** Its turn was too long ago. */
  | { readonly kind: 'late' }
  /** Its turn comes when the call could not end by its deadline. */
  | { readonly kind: 'too-late'; readonly quota: string; readonly dueAtMs: number };

/** @param records of the ticket's places, in their order */
export function ticketState(
  ticket: QuotaTicket,
  records: readonly (QuotaRecord | null)[],
  { deadlineMs, nowMs }: { readonly deadlineMs: number; readonly nowMs: number },
): TicketState {
  let last = { quota: '', dueAtMs: Number.NEGATIVE_INFINITY };
  let [turnAtMs, limitMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [i, place] of ticket.places.entries()) {
    const record = records[i];
    if (!isOpenFor(record, place)) return { kind: 'void' };
    const dueAtMs = placeDueAtMs(record, place, ticket.tokens);
    if (dueAtMs > last.dueAtMs) last = { quota: place.quota, dueAtMs };
    turnAtMs = Math.max(turnAtMs, placeTurnAtMs(record, place));
    limitMs = Math.min(limitMs, latestMs(record, deadlineMs));
  }
  if (Math.max(last.dueAtMs, nowMs) > limitMs) return { kind: 'too-late', ...last };
  if (last.dueAtMs > nowMs) return { kind: 'wait', ...last };
  return nowMs - turnAtMs > LATE_MS ? { kind: 'late' } : { kind: 'due' };
}

const isOpenFor = (
  record: QuotaRecord | null | undefined,
  { epoch }: QuotaPlace,
): record is QuotaRecord => record != null && !record.closed && record.epoch === epoch;
