/**
 * Quotas: shared rates of a provider, a model, a tool or a tenant, and the places in their lines.
 *
 * Job: shapes only. `core/quota-line.ts` says when a place is due, `core/quota-pace.ts` how the rate
 * follows what the provider takes. Mechanism and constants: docs/flow-control.md.
 */

import * as z from 'zod/mini';

/** Kebab case with at most one colon: `model:default`, `crm`. */
export const QUOTA_NAME = /^(?=.{1,64}$)[a-z][a-z0-9-]*(:[a-z0-9-]+)?$/;

const rate = {
  requestsPerSecond: z.number().check(z.minimum(0.001), z.maximum(100_000)),
  tokensPerMinute: z.exactOptional(z.number().check(z.minimum(1))),
  burst: z.exactOptional(z.int().check(z.minimum(1), z.maximum(10_000))),
};

/** As configured; strict, so that a typo is refused by name. */
export const QuotaLimitsSchema = z.strictObject({
  ...rate,
  perTenant: z.exactOptional(z.strictObject(rate)),
});

/** Limits by quota name. */
export const QuotasSchema = z.record(z.string().check(z.regex(QUOTA_NAME)), QuotaLimitsSchema);

/** What an operator or the stage's configuration allows; the ceiling that the pace stays below. */
export interface QuotaLimits {
  /** Calls per second; 0.001 to 100,000. */
  readonly requestsPerSecond: number;
  /** Input and output tokens together, per minute. @default - not limited */
  readonly tokensPerMinute?: number;
  /** Calls that may go at once after a pause: the provider's own burst, or less. @default 2 */
  readonly burst?: number;
  /** A line of its own for each tenant beside the shared one. @default - none */
  readonly perTenant?: {
    readonly requestsPerSecond: number;
    readonly tokensPerMinute?: number;
    readonly burst?: number;
  };
}

/** A shared line has no tenant; one of `perTenant` has. */
export interface QuotaKey {
  readonly quota: string;
  readonly tenant?: string;
}

/**
 * A line in virtual time. Its clock shows `v0 + (now − t0) × rate`, never less than `v0`; a place `p` is
 * due when the clock shows it, a burst less one earlier. Changing `rate` moves every place given out.
 */
export interface QuotaLine {
  /** The next place to give out. */
  readonly next: number;
  readonly v0: number;
  /** Epoch milliseconds. */
  readonly t0: number;
  /** Units per second at which places come due. */
  readonly rate: number;
}

/**
 * A line of calls, with a fast lane. `pushed` are units that went ahead: every place that is not due yet moves
 * back by them, as the main lane's clock shows so much less than the line's, or than `fastNext` while that is
 * more. The fast lane's places are counted by the line's clock.
 */
export interface CallLine extends QuotaLine {
  readonly pushed: number;
  /** The next place in the fast lane. */
  readonly fastNext: number;
}

/** Why a line gives out no places. `paused`: an operator's word; `outage`: the provider failed too often in a row. */
export type QuotaClosure =
  | { readonly kind: 'paused'; readonly atMs: number }
  | {
      readonly kind: 'outage';
      readonly atMs: number;
      /** When the next single call may try whether it is over. */
      readonly probeAtMs: number;
    };

/** A quota's bucket as it is stored. Reservations change what their take says; everything else grows `ver`. */
export interface QuotaRecord extends QuotaKey {
  /** Grows with each change of the rate, pause, outage and configuration, not with reservations. */
  readonly ver: number;
  /** Tickets of another epoch are void: their holders line up again. */
  readonly epoch: number;
  readonly limits: Omit<QuotaLimits, 'perTenant'>;
  /** Whose word `limits` are: a redeployment changes the configuration's, not an operator's. */
  readonly setBy: 'config' | 'operator';
  readonly requests: CallLine;
  /** Present when tokens are limited. */
  readonly tokens?: CallLine;
  /** Share of the configured rate at which the provider is asked, above 0 and at most 1. */
  readonly pace: number;
  /** The pace that last drew a 429, and to which it was cut. */
  readonly failedPace?: number;
  readonly cutPace?: number;
  /** Epoch milliseconds of the last cut, and of the last change of the pace. */
  readonly cutAtMs?: number;
  readonly pacedAtMs: number;
  /** Failures (5xx, timeouts) in a row. */
  readonly failures: number;
  readonly closed?: QuotaClosure;
  /** 429s since the bucket exists. */
  readonly throttled: number;
  /** Calls that took a place since the bucket exists, all and by workflow. */
  readonly taken: number;
  readonly takenBy: Readonly<Record<string, number>>;
  /** Typical duration of a call in milliseconds; absent until one has ended. */
  readonly callMs?: number;
}

/** A place in one bucket's lines, given to one call. */
export interface QuotaPlace extends QuotaKey {
  readonly epoch: number;
  readonly request: number;
  readonly token?: number;
  /** Its places are the fast lane's. */
  readonly lane?: 'fast';
}

/** What a call holds until it is made: a place in each of its buckets. */
export interface QuotaTicket {
  /** The call's key in the ledger. */
  readonly call: string;
  readonly places: readonly QuotaPlace[];
  /** Tokens that were reserved; settled against what the call used. */
  readonly tokens: number;
}
