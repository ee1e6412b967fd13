import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import type { Random } from './random.ts';

/** From so few calls that most wait for their turn, to so many that none does. */
const MODEL: readonly [QuotaLimits, ...QuotaLimits[]] = [
  { requestsPerSecond: 0.1, burst: 1 },
  { requestsPerSecond: 0.3 },
  { requestsPerSecond: 1, tokensPerMinute: 20_000 },
  { requestsPerSecond: 1, burst: 3, perTenant: { requestsPerSecond: 0.4, burst: 1 } },
  { requestsPerSecond: 10, burst: 5 },
];

const CRM: QuotaLimits = { requestsPerSecond: 0.2, burst: 1 };

/** A seed's quotas; in some there are none. */
export function quotasFor(random: Random): Readonly<Record<string, QuotaLimits>> {
  return random.chance(0.25) ? {} : { 'model:default': random.pick(MODEL), crm: CRM };
}
