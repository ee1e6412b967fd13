/** How a tenant fares that asks for no more than usual while another one floods the line. */
import { type ClientRequest, type Phases, percentile } from '../measures.ts';

export const QUIET_TENANT = 'quiet';

export interface QuietTenant {
  /** From its first question to its answer, 95th percentile, in seconds. */
  readonly p95BeforeSeconds: number;
  readonly p95InSpikeSeconds: number;
  /** Of what it asked for in the spike. */
  readonly answeredShare: number;
}

export function quietTenant(
  requests: readonly ClientRequest[],
  { warmSeconds, spikeSeconds }: Phases,
): QuietTenant {
  const own = requests.filter(({ tenant }) => tenant === QUIET_TENANT);
  const before = own.filter(({ askedAt }) => askedAt < warmSeconds);
  const during = own.filter(
    ({ askedAt }) => askedAt >= warmSeconds && askedAt < warmSeconds + spikeSeconds,
  );
  return {
    p95BeforeSeconds: p95(before),
    p95InSpikeSeconds: p95(during),
    answeredShare: during.filter(isAnswered).length / Math.max(1, during.length),
  };
}

const isAnswered = ({ end }: ClientRequest): boolean => end === 'answered';

const p95 = (requests: readonly ClientRequest[]): number =>
  percentile(
    requests.filter(isAnswered).map(({ askedAt, endedAt }) => endedAt - askedAt),
    0.95,
  );
