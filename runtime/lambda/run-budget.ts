/**
 * The budget of a run tree, as one holder of a step spends it: performs the decisions of `core/budget.ts`.
 *
 * Invariants
 * B1. Writes of one holder come one after another. One that lost to another holder's is decided again on
 *     what is there now: whoever loses, somebody else goes on.
 * B2. Nothing is refused on an old record: settlements since then may have made room.
 * B3. After a write whose end nobody knows, the record is read again.
 */
import type { BudgetLimits, BudgetRecord, Spending } from '../contracts/budget.ts';
import { backoffMs, fractionOf } from '../core/backoff.ts';
import {
  endHolder,
  type ReservationDecision,
  reservationKey,
  reserve,
  type Spender,
} from '../core/budget.ts';
import type { BudgetLedger, System } from '../ports.ts';

export interface RunBudgetParts {
  readonly budgets: BudgetLedger;
  readonly system: System;
  /** The root run. */
  readonly run: string;
  readonly limits: BudgetLimits;
  readonly holder: Omit<Spender, 'call'>;
}

/** Between tries of writes that others were faster with: a write takes about 10 ms. */
const BACKOFF = { baseMs: 20, capMs: 200 };
/** Tries to write the end of a holder: what it cannot write counts as spent, and its step's end waits. */
const END_TRIES = 10;

export class RunBudget {
  readonly #parts: RunBudgetParts;
  readonly #settled = new Map<string, Spending>();
  /** `undefined`: not known. */
  #record: BudgetRecord | null | undefined;
  #hasReserved = false;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: RunBudgetParts) {
    this.#parts = parts;
  }

  /**
   * Reserves the worst case of a call.
   * @returns `null` when the call may be made; otherwise what counts as spent
   * @throws the signal's reason
   */
  reserve(call: string, most: Spending, signal: AbortSignal): Promise<Spending | null> {
    return this.#inTurn(async () => {
      this.#hasReserved = true;
      for (let tries = 1; ; tries += 1) {
        signal.throwIfAborted();
        const settled = new Map(this.#settled);
        const decision = await this.#decide(call, most, settled);
        if (decision.kind === 'reserved') return null;
        if (decision.kind === 'exhausted') return decision.spent;
        if (await this.#write(decision.record, settled)) return null;
        await this.#pause(tries, signal);
      }
    });
  }

  /**
   * Notes what a call came to; written with the next reservation, or at the end.
   * @param fence of the holder that made it: a former one, when its reply was on record
   */
  settle({ fence, call }: Omit<Spender, 'path'>, spent: Spending): void {
    const { path } = this.#parts.holder;
    this.#settled.set(reservationKey({ path, fence, call }), spent);
  }

  /** Ends everything that this holder and former ones of its step have reserved. */
  end(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#hasReserved && this.#settled.size === 0) return;
      for (let tries = 1; tries <= END_TRIES; tries += 1) {
        const settled = new Map(this.#settled);
        const current = await this.#known();
        const record = current && endHolder(current, this.#parts.holder, settled);
        if (!record || (await this.#write(record, settled))) return;
        await this.#pause(tries);
      }
    });
  }

  async #decide(
    call: string,
    most: Spending,
    settled: ReadonlyMap<string, Spending>,
  ): Promise<ReservationDecision> {
    const { run, limits, holder } = this.#parts;
    const request = { run, limits, spender: { ...holder, call }, most, settled };
    const isFresh = this.#record === undefined;
    const decision = reserve(await this.#known(), request);
    if (decision.kind !== 'exhausted' || isFresh) return decision;
    this.#record = undefined;
    return reserve(await this.#known(), request);
  }

  async #known(): Promise<BudgetRecord | null> {
    const { budgets, run } = this.#parts;
    if (this.#record === undefined) this.#record = await budgets.read(run);
    return this.#record;
  }

  /** @returns false when another write came between; its record is known then */
  async #write(record: BudgetRecord, settled: ReadonlyMap<string, Spending>): Promise<boolean> {
    const expectedRev = record.rev === 1 ? null : record.rev - 1;
    this.#record = undefined;
    const put = await this.#parts.budgets.put({ record, expectedRev });
    this.#record = put.kind === 'written' ? record : put.current;
    if (put.kind === 'conflict') return false;
    for (const key of settled.keys()) this.#settled.delete(key);
    return true;
  }

  #pause(tries: number, signal?: AbortSignal): Promise<void> {
    const { system } = this.#parts;
    return system.sleep(backoffMs(BACKOFF, tries, fractionOf(system.randomId())), signal);
  }

  #inTurn<T>(perform: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(perform);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}
