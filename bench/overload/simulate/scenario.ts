import type { Faults } from '../../../localstack/model-server/faults.ts';
import { PROVIDER, rateLimit, type ScenarioName, scenario } from '../scenarios.ts';
import type { Arrivals } from './arrivals.ts';

/** What a story is about: who comes, what they want, and what the provider does meanwhile. */
export interface Scenario extends Arrivals {
  readonly name: string;
  /** Model calls of an answer, one after the other. */
  readonly callsPerAnswer: number;
  /** What the quota's configuration says, in calls per second. */
  readonly configuredPerSecond: number;
  readonly provider: Partial<Faults>;
  /** What the provider does while the story goes on; seconds since its begin. */
  readonly turns: readonly { readonly atSecond: number; readonly faults: Partial<Faults> }[];
  /** Invocations of each stage at the same time, each with up to ten steps. */
  readonly workers: number;
  /** Share of attempts whose worker dies right after its call. */
  readonly crashShare: number;
  /** Calls per second that the provider takes in the spike, in the mean. */
  readonly capacityPerSecond: number;
  /** Told of the naive pipeline as well. */
  readonly isNaiveToo: boolean;
  /** So long a client comes back as it is told, after it was sent away. */
  readonly patienceSeconds: number;
  /** From a send until a receiver has the message, at most. */
  readonly deliverySeconds: number;
}

/** Answers and their deadline are those of the story that the design tells. */
export const DEADLINE_SECONDS = 60;
export const MAX_QUEUE_SECONDS = 10;

const LATENCY = { medianMs: 2000, sigma: 0.7 };
const PATIENCE_SECONDS = 30;
const PHASES = { warmSeconds: 60, spikeSeconds: 300, coolSeconds: 240 };

/** Half of the 2 × 2.5 calls in flight and 2 × 1.2 that wait in place, and a few: with fewer, turns are missed. */
const WORKERS_PER_QUIET = 5;

const limit = (perSecond: number, burst = 5): Partial<Faults> => ({
  rateLimit: { perSecond, burst },
});

/** L → 6 L → L around a provider of 2 L. */
const story = (quietPerSecond: number): Scenario => ({
  name: 'one call per answer',
  ...PHASES,
  quietPerSecond,
  spikePerSecond: 6 * quietPerSecond,
  quietTenantPerSecond: 0,
  callsPerAnswer: 1,
  configuredPerSecond: 2 * quietPerSecond,
  provider: { latency: LATENCY, ...limit(2 * quietPerSecond) },
  turns: [],
  workers: quietPerSecond * WORKERS_PER_QUIET,
  crashShare: 0,
  capacityPerSecond: 2 * quietPerSecond,
  isNaiveToo: false,
  patienceSeconds: PATIENCE_SECONDS,
  deliverySeconds: 0.5,
});

const A = story(10);
/** A quarter into the spike, and when it is over. */
const [EARLY, OVER] = [60 + 75, 60 + 300];
const OUT_SECONDS = 60;

/** The provider does something for a while, and is itself again. */
const turning = (
  from: number,
  until: number,
  faults: Partial<Faults>,
  then: Partial<Faults>,
): Scenario['turns'] => [
  { atSecond: from, faults },
  { atSecond: until, faults: then },
];

/** The provider takes only a share of its rate from a quarter of the spike until its end. */
const reduced = (base: Scenario, name: string, share: number): Scenario => ({
  ...base,
  name,
  turns: turning(EARLY, OVER, limit(base.capacityPerSecond * share), limit(base.capacityPerSecond)),
  capacityPerSecond: base.capacityPerSecond * (0.25 + 0.75 * share),
});

const outage = (name: string, faults: Partial<Faults>, then: Partial<Faults>): Scenario => ({
  ...A,
  name,
  turns: turning(EARLY, EARLY + OUT_SECONDS, faults, then),
  capacityPerSecond: A.capacityPerSecond * (1 - OUT_SECONDS / PHASES.spikeSeconds),
});

/** A story of the bench on a real cloud, told of its model calls only. */
const benched = (name: ScenarioName, spikeSeconds: number): Scenario => ({
  ...story(1),
  ...scenario(name, { quietPerSecond: 1, spikeSeconds, outage: '503' }),
  provider: { ...PROVIDER, ...rateLimit(2) },
  name: `bench: ${name}, spike of ${spikeSeconds} s`,
  workers: 6,
});

export const SCENARIOS: readonly Scenario[] = [
  { ...A, isNaiveToo: true },
  {
    ...A,
    name: 'three calls per answer',
    callsPerAnswer: 3,
    quietPerSecond: 10 / 3,
    spikePerSecond: 20,
  },
  { ...reduced(A, 'provider halves its rate', 0.5), isNaiveToo: true },
  outage('provider out for 60 s, 503', { outage: '503' }, { outage: null }),
  outage('provider out for 60 s, hangs', { outage: 'hang' }, { outage: null }),
  { ...story(2), name: '2 → 12 → 2 against 4' },
  reduced(story(2), '2 → 12 → 2 against 4, halved', 0.5),
  { ...A, name: "the provider's burst is 2", provider: { latency: LATENCY, ...limit(20, 2) } },
  reduced(A, 'provider falls to a quarter', 0.25),
  { ...A, name: 'configured at twice the rate', configuredPerSecond: 40 },
  { ...A, name: 'configured at half the rate', configuredPerSecond: 10 },
  {
    ...A,
    name: 'slower under load',
    provider: { latency: { ...LATENCY, perInFlight: 0.01 }, ...limit(20) },
    workers: 80,
  },
  { ...A, name: 'one tenant floods', quietTenantPerSecond: 2 },
  { ...A, name: 'one worker in a hundred dies', crashShare: 0.01 },
  { ...A, name: 'clients come back for 60 s', patienceSeconds: 60 },
  { ...A, name: 'too few workers', workers: 25 },
  { ...A, name: 'deliveries take up to 2.5 s', deliverySeconds: 2.5 },
  benched('spike', 60),
  benched('halved', 60),
  benched('halved', 300),
  benched('outage', 60),
  benched('outage', 300),
];
