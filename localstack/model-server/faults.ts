/**
 * How the server misbehaves, on purpose and repeatably.
 *
 * Boundary: pure but for its own state; time and randomness are handed in, nothing waits here.
 *
 * Invariants
 * F1. The same seed and the same requests in the same order give the same delays and faults.
 * F2. A request that the rate limit refuses draws no randomness: load does not change what the others get.
 */
import * as z from 'zod';
import { seededRandom } from './random.ts';

const share = z.number().min(0).max(1);
const positive = z.number().positive();

export const FaultsSchema = z.strictObject({
  /** Time to an answer in milliseconds: log-normal around the median; `sigma` 0 is the median itself. */
  latency: z.strictObject({
    medianMs: z.number().min(0).max(600_000),
    sigma: z.number().min(0).max(3),
  }),
  /** Requests beyond it are answered 429 with Retry-After; `null`: none. */
  rateLimit: z.nullable(z.strictObject({ perSecond: positive, burst: z.int().min(1) })),
  /** Share of requests answered 500. */
  errorRate: share,
  /** Share of requests never answered. */
  hangRate: share,
});
export type Faults = z.infer<typeof FaultsSchema>;

/** What is not named stays. */
export const FaultsChangeSchema = FaultsSchema.partial();
type FaultsChange = z.infer<typeof FaultsChangeSchema>;

export const NO_FAULTS: Faults = {
  latency: { medianMs: 0, sigma: 0 },
  rateLimit: null,
  errorRate: 0,
  hangRate: 0,
};

/** What happens to one request. */
export type Fate =
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number }
  | { readonly kind: 'hang' }
  | { readonly kind: 'error' | 'answer'; readonly delayMs: number };

export class FaultPlan {
  #faults: Faults;
  #tokens = 0;
  #filledAtMs = 0;
  readonly #random: () => number;

  constructor(faults: Faults, seed: number, nowMs: number) {
    this.#random = seededRandom(seed);
    this.#faults = faults;
    this.#fill(nowMs);
  }

  get faults(): Faults {
    return this.#faults;
  }

  /** A new rate limit begins with its burst. */
  change(change: FaultsChange, nowMs: number): void {
    const { latency, rateLimit, errorRate, hangRate } = this.#faults;
    this.#faults = {
      latency: change.latency ?? latency,
      rateLimit: change.rateLimit === undefined ? rateLimit : change.rateLimit,
      errorRate: change.errorRate ?? errorRate,
      hangRate: change.hangRate ?? hangRate,
    };
    if (change.rateLimit !== undefined) this.#fill(nowMs);
  }

  next(nowMs: number): Fate {
    const retryAfterSeconds = this.#take(nowMs);
    if (retryAfterSeconds > 0) return { kind: 'throttle', retryAfterSeconds };
    const luck = this.#random();
    const delayMs = this.#delay();
    const { hangRate, errorRate } = this.#faults;
    if (luck < hangRate) return { kind: 'hang' };
    return { kind: luck < hangRate + errorRate ? 'error' : 'answer', delayMs };
  }

  #fill(nowMs: number): void {
    this.#tokens = this.#faults.rateLimit?.burst ?? 0;
    this.#filledAtMs = nowMs;
  }

  /** Takes a token from the bucket; seconds until there is one, whole and at least 1, when there is none. */
  #take(nowMs: number): number {
    const limit = this.#faults.rateLimit;
    if (!limit) return 0;
    const earned = ((nowMs - this.#filledAtMs) / 1000) * limit.perSecond;
    this.#tokens = Math.min(limit.burst, this.#tokens + earned);
    this.#filledAtMs = nowMs;
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / limit.perSecond));
    this.#tokens -= 1;
    return 0;
  }

  #delay(): number {
    const { medianMs, sigma } = this.#faults.latency;
    // Box-Muller; both numbers are drawn even when sigma is 0, so that F1 holds over changes of it.
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    const normal = radius * Math.cos(2 * Math.PI * this.#random());
    return medianMs * Math.exp(sigma * normal);
  }
}
