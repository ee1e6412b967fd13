import type { System } from '#runtime/ports.ts';
import type { Phases } from '../measures.ts';

/** An open loop: requests come as they come, whatever becomes of those before them. */
export interface Arrivals extends Phases {
  /** Requests per second before and after the spike, and in it. */
  readonly quietPerSecond: number;
  readonly spikePerSecond: number;
}

/** Resolves when the last request has been begun. */
export async function arrive(
  system: System,
  random: () => number,
  arrivals: Arrivals,
  begin: () => void,
): Promise<void> {
  const { warmSeconds, spikeSeconds, coolSeconds } = arrivals;
  const startMs = system.now();
  const endMs = startMs + (warmSeconds + spikeSeconds + coolSeconds) * 1000;
  for (;;) {
    const gapSeconds = -Math.log(1 - random()) / rateAt(arrivals, (system.now() - startMs) / 1000);
    if (system.now() + gapSeconds * 1000 >= endMs) break;
    await system.sleep(gapSeconds * 1000);
    begin();
  }
  await system.sleep(endMs - system.now());
}

const rateAt = (
  { warmSeconds, spikeSeconds, quietPerSecond, spikePerSecond }: Arrivals,
  second: number,
): number =>
  second >= warmSeconds && second < warmSeconds + spikeSeconds ? spikePerSecond : quietPerSecond;
