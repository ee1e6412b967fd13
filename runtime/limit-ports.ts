/**
 * The ports of flow control: quotas, budgets, admissions, and what the fleet is measured by. The rules of
 * `ports.ts` hold for them.
 */
import type { AdmissionRecord } from './contracts/admission.ts';
import type { BudgetRecord } from './contracts/budget.ts';
import type { MeterSample } from './contracts/fleet.ts';
import type { QuotaKey, QuotaRecord } from './contracts/quota.ts';
import type { Put } from './ports.ts';

/** What a reservation wants of one line of a bucket. */
export interface LineTake {
  readonly cost: number;
  /**
   * `busy`: the lane is expected to have places ahead of its clock, and the cost is put behind them;
   * `idle`: it is not, and the clock is where it begins.
   */
  readonly guess: 'busy' | 'idle';
  /** What the lane's clock shows. */
  readonly clock: number;
  /** The last place that is of any use; beyond it nothing is taken. */
  readonly last: number;
}

/** A reservation of places in a bucket's lines, of calls of one workflow: one conditional write. */
export interface QuotaTake extends QuotaKey {
  /** Of the record whose lines were looked at. */
  readonly ver: number;
  readonly workflow: string;
  /**
   * Whose `next` the takes are about; those of the fast lane push the others by their cost less what is
   * returned with them, and not at all when that is more. @default 'main'
   */
  readonly lane?: 'main' | 'fast';
  /** Its cost is the number of calls. */
  readonly requests: LineTake;
  /** Present if the record has a line of tokens. */
  readonly tokens?: LineTake;
  /** Tokens that earlier calls reserved and did not use; below zero: used without reserving. */
  readonly returnedTokens?: number;
  /** A newer typical duration of a call, in milliseconds. */
  readonly callMs?: number;
}

/** The buckets of quotas. */
export interface QuotaLedger {
  /** One consistent read; answers are in the order asked. */
  read(keys: readonly QuotaKey[]): Promise<readonly (QuotaRecord | null)[]>;
  /** All buckets of these quotas, in the order of their names, the shared one before those of tenants. */
  list(quotas: readonly string[]): Promise<readonly QuotaRecord[]>;
  /**
   * Takes places if `ver` is still the record's and every line is as guessed, and gives the record as it
   * is then: the first place taken in a lane is its `next` less the cost, plus what was returned. Otherwise nothing
   * is changed, and the record that is there comes back.
   */
  take(
    take: QuotaTake,
  ): Promise<
    | { readonly kind: 'taken'; readonly record: QuotaRecord }
    | { readonly kind: 'conflict'; readonly current: QuotaRecord | null }
  >;
  /**
   * Writes everything of `record` but what reservations change meanwhile (`taken`, `takenBy`, `callMs`, and
   * `next`, `fastNext` and `pushed` of the lines), if the stored `ver` is still that of `before`. Lines of a
   * new epoch or bucket, and a line that was not there, are written whole. `record.ver` must be
   * `before.ver + 1`, or 1.
   */
  change(change: {
    readonly record: QuotaRecord;
    readonly before: QuotaRecord | null;
  }): Promise<Put<QuotaRecord>>;
}

/** Budgets of run trees; as `RunLedger`. */
export interface BudgetLedger {
  read(run: string): Promise<BudgetRecord | null>;
  put(write: {
    readonly record: BudgetRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<BudgetRecord>>;
}

/** Admissions of workflows; as `RunLedger`. */
export interface AdmissionLedger {
  read(workflow: string): Promise<AdmissionRecord | null>;
  put(write: {
    readonly record: AdmissionRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<AdmissionRecord>>;
}

/** The key that places of a 429 are signed with: one per stage, made at first use, never shown. */
export interface PlaceKey {
  read(): Promise<Uint8Array>;
}

/** Samples of the stages, kept for a quarter of an hour. */
export interface StageMeter {
  /** The same sample again changes nothing. */
  add(sample: MeterSample): Promise<void>;
  /** Those that were read at or after this instant (epoch milliseconds), oldest first, eventually consistent. */
  since(atMs: number): Promise<readonly MeterSample[]>;
}

/** How many messages agents' queues hold; approximate, as the queue says. */
export interface QueueDepths {
  /** In the order asked; `null` for a queue that is not there. */
  read(agents: readonly string[]): Promise<readonly (QueueDepth | null)[]>;
}

export interface QueueDepth {
  /** Ready to be received. */
  readonly visible: number;
  /** Received and not deleted. */
  readonly inFlight: number;
  /** Sent with a delay that is not over. */
  readonly delayed: number;
}
