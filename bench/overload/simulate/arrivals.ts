import type { System } from '#runtime/ports.ts';
import type { Phases } from '../measures.ts';
import { QUIET_TENANT } from './fairness.ts';

/** An open loop: requests come as they come, whatever becomes of those before them. */
export interface Arrivals extends Phases {
  /** Requests per second before and after the spike, and in it. */
  readonly quietPerSecond: number;
  readonly spikePerSecond: number;
  /** Of these, as many all the time come from a tenant of its own; 0: there is one tenant only. */
  readonly quietTenantPerSecond: number;
}

/** Resolves when the last request has been begun. */
export async function arrive(
  system: System,
  random: () => number,
  arrivals: Arrivals,
  begin: (tenant: string) => void,
): Promise<void> {
  const { warmSeconds, spikeSeconds, coolSeconds } = arrivals;
  const startMs = system.now();
  const endMs = startMs + (warmSeconds + spikeSeconds + coolSeconds) * 1000;
  for (;;) {
    const perSecond = rateAt(arrivals, (system.now() - startMs) / 1000);
    const gapMs = (-Math.log(1 - random()) / perSecond) * 1000;
    if (system.now() + gapMs >= endMs) break;
    await system.sleep(gapMs);
    const isQuiet = random() * perSecond < arrivals.quietTenantPerSecond;
    begin(isQuiet ? QUIET_TENANT : 'default');
  }
  await system.sleep(endMs - system.now());
}

const rateAt = (
  { warmSeconds, spikeSeconds, quietPerSecond, spikePerSecond }: Arrivals,
  second: number,
): number =>
  second >= warmSeconds && second < warmSeconds + spikeSeconds ? spikePerSecond : quietPerSecond;
