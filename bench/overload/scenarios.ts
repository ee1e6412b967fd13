/**
 * The stories that are told: load, and what happens to the provider meanwhile.
 *
 * Boundary: data only. Rates in requests per second, instants in seconds since the story began.
 */
import type { Faults } from '../../localstack/model-server/faults.ts';
import type { Phases } from './measures.ts';

/** The last one leaves a rate behind that takes a minute to grow back. */
export const SCENARIOS = ['spike', 'outage', 'halved'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Scenario extends Phases {
  readonly name: ScenarioName;
  readonly quietPerSecond: number;
  readonly spikePerSecond: number;
  readonly turns: readonly ProviderTurn[];
  /** Calls that the provider takes in a second of the spike, in the mean. */
  readonly capacityPerSecond: number;
  /** The naive pipeline goes through it as well. */
  readonly isCompared: boolean;
}

/** Something that happens to the provider without anybody being told. */
interface ProviderTurn {
  readonly atSecond: number;
  readonly faults: Partial<Faults>;
  /** Calls that it takes in a second from then on. */
  readonly capacityPerSecond: number;
}

export interface Scale {
  /** L: a quiet second's requests. */
  readonly quietPerSecond: number;
  readonly spikeSeconds: number;
  readonly outage: '503' | 'hang';
}

/** The spike is six times the quiet load, the provider takes twice the quiet load. */
const SPIKE = 6;
const CAPACITY = 2;
const OUTAGE_SECONDS = 60;
/**
 * Spike around the outage, at least. Those who are in line when it begins, ten seconds' worth, are lost
 * whatever is done: they are a share of all only where all is more than a minute's worth.
 */
const AROUND_OUTAGE_SECONDS = 120;

/** More than nearly every answer takes when nothing waits. */
export const SETTLE_SECONDS = 5;

/** A provider's own burst: calls that it takes at once after a pause. */
const BURST = 5;

/** Time to an answer; 200 ms to a refusal, as over the internet. */
export const PROVIDER: Partial<Faults> = {
  latency: { medianMs: 800, sigma: 0.4, perInFlight: 0.03 },
  outage: null,
  errorRate: 0,
  hangRate: 0,
};
const REFUSAL_MS = 200;

export const rateLimit = (perSecond: number): Partial<Faults> => ({
  rateLimit: { perSecond, burst: BURST, refusalMs: REFUSAL_MS },
});

export function scenario(name: ScenarioName, scale: Scale): Scenario {
  const { quietPerSecond, spikeSeconds } = scale;
  const capacity = CAPACITY * quietPerSecond;
  const load = { quietPerSecond, spikePerSecond: SPIKE * quietPerSecond };
  switch (name) {
    case 'spike':
      return {
        ...{ name, ...load, warmSeconds: 15, spikeSeconds, coolSeconds: 20 },
        ...{ turns: [], capacityPerSecond: capacity, isCompared: true },
      };
    case 'halved':
      return halved(spikeSeconds, capacity, load);
    case 'outage':
      return outage(scale, capacity, load);
  }
}

type Load = Pick<Scenario, 'quietPerSecond' | 'spikePerSecond'>;

/**
 * From a quarter of the spike until its end the provider takes half of what it took, and says so to nobody.
 * To find that out takes some eight refusals, however long the story is: it is quiet for longer than others.
 */
function halved(spikeSeconds: number, capacity: number, load: Load): Scenario {
  const warmSeconds = 20;
  const half = capacity / 2;
  const atSecond = warmSeconds + spikeSeconds / 4;
  const over = warmSeconds + spikeSeconds;
  return {
    ...{ name: 'halved', ...load, warmSeconds, spikeSeconds, coolSeconds: 60, isCompared: false },
    turns: [
      { atSecond, faults: rateLimit(half), capacityPerSecond: half },
      { atSecond: over, faults: rateLimit(capacity), capacityPerSecond: capacity },
    ],
    capacityPerSecond: capacity / 4 + (half * 3) / 4,
  };
}

/** Nobody gets an answer for a minute, from a third of the spike on, which is a minute longer for it. */
function outage({ spikeSeconds, outage: kind }: Scale, capacity: number, load: Load): Scenario {
  const warmSeconds = 12;
  const around = Math.max(spikeSeconds, AROUND_OUTAGE_SECONDS);
  const atSecond = warmSeconds + around / 3;
  return {
    ...{ name: 'outage', ...load, warmSeconds, coolSeconds: 25, isCompared: false },
    spikeSeconds: around + OUTAGE_SECONDS,
    turns: [
      { atSecond, faults: { outage: kind }, capacityPerSecond: 0 },
      {
        ...{ atSecond: atSecond + OUTAGE_SECONDS, faults: { outage: null } },
        capacityPerSecond: capacity,
      },
    ],
    capacityPerSecond: (capacity * around) / (around + OUTAGE_SECONDS),
  };
}

export const lengthOf = ({ warmSeconds, spikeSeconds, coolSeconds }: Phases): number =>
  warmSeconds + spikeSeconds + coolSeconds;
