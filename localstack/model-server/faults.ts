/**
 * How the server misbehaves, on purpose and repeatably.
 *
 * Boundary: pure but for its own state; time and randomness are handed in, nothing waits here.
 *
 * Invariants
 * F1. The same seed and the same requests in the same order give the same delays and faults.
 * F2. A request that the rate limit or an outage refuses draws no randomness: load does not change what the
 *     others get.
 */
import * as z from 'zod';
import { seededRandom } from './random.ts';

const share = z.number().min(0).max(1);
const positive = z.number().positive();

export const FaultsSchema = z.strictObject({
  /**
   * Time to an answer in milliseconds: log-normal around the median; `sigma` 0 is the median itself.
   * `perInFlight`: the share by which every other request in flight makes it longer.
   */
  latency: z.strictObject({
    medianMs: z.number().min(0).max(600_000),
    sigma: z.number().min(0).max(3),
    perInFlight: z.optional(z.number().min(0).max(10)),
  }),
  /**
   * Requests beyond it are answered 429 with Retry-After; `null`: none. `refusalMs`: how long a 429 takes,
   * as a round trip to a real provider does.
   */
  rateLimit: z.nullable(
    z.strictObject({
      perSecond: positive,
      burst: z.int().min(1),
      refusalMs: z.optional(z.number().min(0).max(60_000)),
    }),
  ),
  /** Nobody gets an answer: every request is answered 503, or is never answered; `null`: none. */
  outage: z.nullable(z.enum(['503', 'hang'])),
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
  outage: null,
  errorRate: 0,
  hangRate: 0,
};

/** What happens to one request. */
export type Fate =
  | { readonly kind: 'throttle'; readonly retryAfterSeconds: number; readonly delayMs: number }
  | { readonly kind: 'unavailable' }
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

  /** A rate limit where there was none begins with its burst; another rate is no gift: what was left is left. */
  change(change: FaultsChange, nowMs: number): void {
    const { latency, rateLimit, outage, errorRate, hangRate } = this.#faults;
    this.#earn(nowMs);
    this.#faults = {
      latency: change.latency ?? latency,
      rateLimit: change.rateLimit === undefined ? rateLimit : change.rateLimit,
      outage: change.outage === undefined ? outage : change.outage,
      errorRate: change.errorRate ?? errorRate,
      hangRate: change.hangRate ?? hangRate,
    };
    if (rateLimit === null) this.#fill(nowMs);
  }

  /** @param inFlight other requests that wait for their answer */
  next(nowMs: number, inFlight = 0): Fate {
    const { outage, rateLimit } = this.#faults;
    if (outage !== null) return { kind: outage === '503' ? 'unavailable' : 'hang' };
    const retryAfterSeconds = this.#take(nowMs);
    if (retryAfterSeconds > 0) {
      return { kind: 'throttle', retryAfterSeconds, delayMs: rateLimit?.refusalMs ?? 0 };
    }
    const luck = this.#random();
    const delayMs = this.#delay(inFlight);
    const { hangRate, errorRate } = this.#faults;
    if (luck < hangRate) return { kind: 'hang' };
    return { kind: luck < hangRate + errorRate ? 'error' : 'answer', delayMs };
  }

  #fill(nowMs: number): void {
    this.#tokens = this.#faults.rateLimit?.burst ?? 0;
    this.#filledAtMs = nowMs;
  }

  #earn(nowMs: number): void {
    const limit = this.#faults.rateLimit;
    const earned = ((nowMs - this.#filledAtMs) / 1000) * (limit?.perSecond ?? 0);
    this.#tokens = Math.min(limit?.burst ?? 0, this.#tokens + earned);
    this.#filledAtMs = nowMs;
  }

  /** Takes a token from the bucket; seconds until there is one, whole and at least 1, when there is none. */
  #take(nowMs: number): number {
    const limit = this.#faults.rateLimit;
    if (!limit) return 0;
    this.#earn(nowMs);
    if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / limit.perSecond));
    this.#tokens -= 1;
    return 0;
  }

  #delay(inFlight: number): number {
    const { medianMs, sigma, perInFlight = 0 } = this.#faults.latency;
    // Box-Muller; both numbers are drawn even when sigma is 0, so that F1 holds over changes of it.
    const radius = Math.sqrt(-2 * Math.log(1 - this.#random()));
    const normal = radius * Math.cos(2 * Math.PI * this.#random());
    return medianMs * (1 + perInFlight * inFlight) * Math.exp(sigma * normal);
  }
}
