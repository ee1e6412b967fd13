import type { QuotaLimits, QuotaTicket } from '../contracts/quota.ts';
import type { Attempt } from './attempt.ts';
import type { QuotaGate } from './quota-gate.ts';
import type { QuotaTurns } from './quota-turns.ts';

/** A call that lines up. */
export interface LinedUp {
  /** Its key in the ledger. */
  readonly call: string;
  /** As events name it. */
  readonly name: string;
  /** Names of quotas; those that the stage does not limit hold nothing back. */
  readonly quotas: readonly string[];
  /** The most tokens that it can use. */
  readonly tokens: number;
}

/** What a call gave, and the tokens that it used. */
export interface Made<T> {
  readonly value: T;
  readonly tokens: number;
}

export interface QuotaLines {
  /** The process's own. */
  readonly gate: () => Promise<QuotaGate>;
  readonly limits: Readonly<Record<string, QuotaLimits>>;
  /** What the attempt holds from its last deferral. */
  readonly held: readonly QuotaTicket[];
  /** Epoch milliseconds at which it was to set out for that; `null` when it holds nothing. */
  readonly wakeAtMs: number | null;
}

/** The turns of an attempt's calls. What they take is loaded with the first call that has a quota. */
export class CallTurns {
  readonly #attempt: Attempt;
  readonly #lines: QuotaLines;
  #turns: QuotaTurns | null = null;

  constructor(attempt: Attempt, lines: QuotaLines) {
    this.#attempt = attempt;
    this.#lines = lines;
  }

  /** Places in quotas' lines of calls that have not been made. */
  get held(): readonly QuotaTicket[] {
    return this.#turns?.held ?? this.#lines.held;
  }

  /**
   * Makes a call in its turn: at once when it has no quota.
   * @param make is told how long the call has waited in place
   * @throws what `make` throws, and as `QuotaTurns.make`
   */
  async make<T>(call: LinedUp, make: (waitedMs: number) => Promise<Made<T>>): Promise<T> {
    const quotas = call.quotas.filter((name) => name in this.#lines.limits);
    if (quotas.length === 0) return (await make(0)).value;
    const { QuotaTurns } = await import('./quota-turns.ts');
    this.#turns ??= new QuotaTurns(this.#attempt, this.#lines);
    return this.#turns.make({ ...call, quotas }, make);
  }

  /** As `QuotaTurns.told`. */
  async told(): Promise<void> {
    await this.#turns?.told();
  }

  /** A call of the attempt has ended: the last one that was under way, perhaps. */
  callEnded(): void {
    void this.#turns?.callEnded();
  }
}
