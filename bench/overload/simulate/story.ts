/** One story, told once: a seed, a scenario, a pipeline. */
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import { isCorrectionDue, isLookDue, lookedAt } from '#runtime/core/admission.ts';
import { bucketsOf, corrected } from '#runtime/core/admission-control.ts';
import { seededRandom } from '../../../localstack/model-server/random.ts';
import { type Measures, measure } from '../measures.ts';
import { SETTLE_SECONDS } from '../scenarios.ts';
import { arrive } from './arrivals.ts';
import { Book, type OpenRequest } from './book.ts';
import { FrontDoor } from './door.ts';
import { type QuietTenant, quietTenant } from './fairness.ts';
import { GovernedPipeline, QUOTA, WORKFLOW } from './governed.ts';
import { NaivePipeline } from './naive.ts';
import { StoryProvider } from './provider.ts';
import { DEADLINE_SECONDS, MAX_QUEUE_SECONDS, type Scenario } from './scenario.ts';

export interface Told extends Measures {
  readonly seed: number;
  /** Provider calls, and those of them that were answered 429. */
  readonly calls: number;
  readonly refused: number;
  /** Of a tenant that asks for as much in the spike as before. */
  readonly quietTenant?: QuietTenant;
}

/** What both pipelines are told in. */
interface Stage {
  readonly system: VirtualSystem;
  readonly scenario: Scenario;
  readonly provider: StoryProvider;
  readonly random: () => number;
  readonly lagSeconds: () => number;
}

type Pipeline = (stage: Stage) => (request: OpenRequest) => void;

export async function tell(scenario: Scenario, seed: number, pipeline: Pipeline): Promise<Told> {
  const system = new VirtualSystem({ seed: `${scenario.name} ${seed}` });
  const random = seededRandom(seed * 7919);
  const provider = new StoryProvider(system, scenario.provider, seed);
  const lagSeconds = (): number =>
    LAG_MIN_SECONDS + (scenario.deliverySeconds - LAG_MIN_SECONDS) * random();
  const begin = pipeline({ system, scenario, provider, random, lagSeconds });
  for (const turn of scenario.turns) void turnAt(system, provider, turn);
  const book = new Book(system);
  const arrivals = seededRandom(seed);
  const come = (tenant: string): void => void begin(book.open(tenant));
  await system.run(arrive(system, arrivals, scenario, come));
  await system.advance(SETTLE_SECONDS * 1000);
  const { calls, refused } = provider;
  const story = { ...scenario, deadlineSeconds: DEADLINE_SECONDS };
  const measures = measure(book.requests, calls, story);
  const fair = scenario.quietTenantPerSecond > 0 && quietTenant(book.requests, scenario);
  return { seed, calls, refused, ...measures, ...(fair && { quietTenant: fair }) };
}

/** From a send until a receiver has the message. */
const LAG_MIN_SECONDS = 0.05;

/** Calls at once after a pause, as configured. */
const OWN_BURST = 2;

async function turnAt(
  system: VirtualSystem,
  provider: StoryProvider,
  { atSecond, faults }: Scenario['turns'][number],
): Promise<void> {
  await system.sleep(atSecond * 1000);
  provider.change(faults);
}

export const naive: Pipeline = ({ system, provider, lagSeconds, scenario }) => {
  const stages = scenario.callsPerAnswer;
  const pipeline = new NaivePipeline({ system, provider, lagSeconds, stages });
  return (request) => pipeline.begin(request);
};

export const governed: Pipeline = (stage) => {
  const { system, provider, random, lagSeconds, scenario } = stage;
  const { callsPerAnswer: stages, configuredPerSecond: requestsPerSecond } = scenario;
  const limits = { [QUOTA]: { requestsPerSecond, burst: OWN_BURST } };
  const pipeline = new GovernedPipeline({
    ...{ system, provider, random, lagSeconds, stages, limits },
    workers: scenario.workers,
    crashShare: scenario.crashShare,
  });
  const door = new FrontDoor({
    system,
    workflow: WORKFLOW,
    maxQueueSeconds: MAX_QUEUE_SECONDS,
    correct: async (record, nowMs) => {
      if (!isLookDue(record, nowMs)) return record;
      const found = await sightings(pipeline, limits, nowMs);
      const seen = { ...found, expected: { [QUOTA]: stages } };
      return isCorrectionDue(record, seen.quotas, nowMs)
        ? corrected(record, seen, nowMs)
        : lookedAt(record, nowMs);
    },
    travelMs: () => 20 + 60 * random(),
  });
  let runs = 0;
  const serve = async (request: OpenRequest): Promise<void> => {
    const admitted = await door.enter(request, request.tenant, scenario.patienceSeconds);
    if (!admitted) {
      request.ends('rejected');
      return;
    }
    request.accepted();
    runs += 1;
    const { lane } = admitted;
    pipeline.begin({
      run: `run-${runs}`,
      tenant: request.tenant,
      request,
      admittedMs: system.now(),
      deadlineMs: system.now() + DEADLINE_SECONDS * 1000,
      ...(lane && { lane }),
    });
  };
  return (request) => void serve(request);
};

const sightings = async ({ quotas, meter }: GovernedPipeline, limits: Limits, nowMs: number) => {
  const [found = null] = await quotas.read([{ quota: QUOTA }]);
  return { quotas: bucketsOf(limits, [found], nowMs), samples: meter.since(nowMs - SEEN_MS) };
};

type Limits = Readonly<Record<string, QuotaLimits>>;

const SEEN_MS = 60_000;
