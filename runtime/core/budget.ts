/**
 * Decides what a run tree may still spend.
 *
 * Job: pure decisions on a budget's record; `lambda/run-budget.ts` performs them by compare and put.
 * Boundary: no I/O, no clock, no prices.
 *
 * Invariants
 * R7. A call is reserved only when its worst case fits beside all that is spent and reserved. So a budget
 *     is overrun by no more than what calls in flight use beyond their worst case, and that is on record.
 * G1. A reservation belongs to one holder of a step and one call. Making it again changes nothing. The
 *     next holder's stands beside it: both calls may have been made.
 * G2. A reservation is settled once; what comes later changes nothing.
 * G3. What nobody has settled counts as spent.
 */
import type { BudgetLimits, BudgetRecord, Spending } from '../contracts/budget.ts';
import { NOTHING } from './price.ts';
import { roundedUsd } from './usd.ts';

/** Who made a reservation, for which call of a step. */
export interface Spender {
  readonly path: string;
  readonly fence: number;
  /** The call's key in the ledger. */
  readonly call: string;
}

/** What reservations came to, by their keys. */
export type Settlements = ReadonlyMap<string, Spending>;

export interface ReservationRequest {
  /** The root run. */
  readonly run: string;
  /** As the run's record has them: a resumed run may have others than before. */
  readonly limits: BudgetLimits;
  readonly spender: Spender;
  /** The worst case. */
  readonly most: Spending;
  /** Written along. */
  readonly settled: Settlements;
}

export type ReservationDecision =
  /** Write this record; it is the permission to make the call. */
  | { readonly kind: 'reserve'; readonly record: BudgetRecord }
  /** It is reserved already. */
  | { readonly kind: 'reserved' }
  | { readonly kind: 'exhausted'; readonly spent: Spending };

/** @param current `null` when nothing of the budget has been spent yet */
export function reserve(
  current: BudgetRecord | null,
  { run, limits, spender, most, settled }: ReservationRequest,
): ReservationDecision {
  const key = reservationKey(spender);
  if (current?.reserved[key] && settled.size === 0) return { kind: 'reserved' };
  const before = current ?? { run, rev: 0, limits, spent: NOTHING, reserved: {} };
  const record = settle({ ...before, limits }, settled);
  const spent = spentOf(record);
  if (!record.reserved[key] && !fits(limits, spent, most)) return { kind: 'exhausted', spent };
  const reserved = { [key]: most, ...record.reserved };
  return { kind: 'reserve', record: { ...record, rev: before.rev + 1, reserved } };
}

/** What counts as spent: settled or not (G3). */
export const spentOf = ({ spent, reserved }: BudgetRecord): Spending =>
  Object.values(reserved).reduce(plus, spent);

/**
 * Ends what a holder of a step has reserved: what is settled by that, all else as spent. With it goes
 * what former holders of the step left, who can settle nothing any more.
 * @returns `null` when nothing changes
 */
export function endHolder(
  current: BudgetRecord,
  { path, fence }: Omit<Spender, 'call'>,
  settled: Settlements,
): BudgetRecord | null {
  return endReservations(current, (key, most) => {
    const spender = spenderOf(key);
    if (spender?.path !== path || spender.fence > fence) return null;
    return settled.get(key) ?? most;
  });
}

/**
 * Ends reservations.
 * @param endOf what one came to, given its key and its worst case; `null`: it stays
 * @returns `null` when all stay
 */
export function endReservations(
  current: BudgetRecord,
  endOf: (key: string, most: Spending) => Spending | null,
): BudgetRecord | null {
  const settled = new Map(
    Object.entries(current.reserved).flatMap(([key, most]) => {
      const spent = endOf(key, most);
      return spent ? [[key, spent] as const] : [];
    }),
  );
  return settled.size === 0 ? null : { ...settle(current, settled), rev: current.rev + 1 };
}

/** A settled reservation is one no more; of one that is not there nothing is to be settled (G2). */
function settle(record: BudgetRecord, settled: Settlements): BudgetRecord {
  const entries = Object.entries(record.reserved);
  return {
    ...record,
    spent: entries.reduce((sum, [key]) => plus(sum, settled.get(key) ?? NOTHING), record.spent),
    reserved: Object.fromEntries(entries.filter(([key]) => !settled.has(key))),
  };
}

const plus = (a: Spending, b: Spending): Spending => ({
  usd: roundedUsd(a.usd + b.usd),
  tokens: a.tokens + b.tokens,
});

function fits(limits: BudgetLimits, spent: Spending, most: Spending): boolean {
  const whole = plus(spent, most);
  return (
    whole.usd <= (limits.usd ?? Number.POSITIVE_INFINITY) &&
    whole.tokens <= (limits.tokens ?? Number.POSITIVE_INFINITY)
  );
}

export const reservationKey = ({ path, fence, call }: Spender): string =>
  `${path}#${fence}/${call}`;

/** Paths hold no `#`, so a key splits in one way only. */
const KEY = /^([^#]+)#(\d+)\/(.+)$/s;

export function spenderOf(key: string): Spender | null {
  const [, path, fence, call] = KEY.exec(key) ?? [];
  if (path === undefined || fence === undefined || call === undefined) return null;
  return { path, fence: Number(fence), call };
}
