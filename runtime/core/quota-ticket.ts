/**
 * How a ticket stands by the buckets that its places are in.
 *
 * Boundary: pure.
 */
import type { CallLine, QuotaPlace, QuotaRecord, QuotaTicket } from '../contracts/quota.ts';
import { laneClock } from './quota-line.ts';
import { latestMs, placeDueAtMs } from './quota-take.ts';

/**
 * A place that is used later than that makes calls bunch, and bunched calls draw 429s (R7). Of several
 * lines the one that moved last counts: waiting in it is not being late. What was not used in time is lost:
 * given back to those behind, the places of a stall of five seconds would all be used on top of the rate of
 * the next five. So calls set out early enough instead (`wake-lead.ts`).
 */
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
  let [overdueMs, limitMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const [i, place] of ticket.places.entries()) {
    const record = records[i];
    if (!isOpenFor(record, place)) return { kind: 'void' };
    const dueAtMs = placeDueAtMs(record, place, ticket.tokens);
    if (dueAtMs > last.dueAtMs) last = { quota: place.quota, dueAtMs };
    overdueMs = Math.min(overdueMs, placeOverdueMs(record, place, nowMs));
    limitMs = Math.min(limitMs, latestMs(record, deadlineMs, nowMs));
  }
  if (Math.max(last.dueAtMs, nowMs) > limitMs) return { kind: 'too-late', ...last };
  if (last.dueAtMs > nowMs) return { kind: 'wait', ...last };
  return overdueMs > LATE_MS ? { kind: 'late' } : { kind: 'due' };
}

const isOpenFor = (
  record: QuotaRecord | null | undefined,
  { epoch }: QuotaPlace,
): record is QuotaRecord => record != null && !record.closed && record.epoch === epoch;

/**
 * How long ago the clocks showed a place, at the rates of now. Told by the clocks and not by the time
 * since, which nobody knows once the rate has changed.
 */
function placeOverdueMs(
  { requests, tokens }: QuotaRecord,
  { request, token, lane }: QuotaPlace,
  nowMs: number,
): number {
  const overdueMs = (line: CallLine, mark: number): number =>
    ((laneClock(line, lane ?? 'main', nowMs) - mark) / line.rate) * 1000;
  const requestMs = overdueMs(requests, request);
  return tokens && token !== undefined ? Math.min(requestMs, overdueMs(tokens, token)) : requestMs;
}
