/**
 * Runs scenarios one after the other and puts what they came to together.
 *
 * Job: the two pipelines of a comparison are played under the same arrivals, beside each other for those
 * who watch, or each alone: a machine that is not fast enough for both tells of itself, not of them.
 * Boundary: says nothing to anybody but through `report`; `report.ts` draws, `main.ts` writes files.
 */
import type { Report } from '../../localstack/report.ts';
import { watchFleet } from './fleet-watch.ts';
import type { Phases } from './measures.ts';
import {
  lengthOf,
  PROVIDER,
  rateLimit,
  type Scale,
  type Scenario,
  type ScenarioName,
  SETTLE_SECONDS,
  scenario,
} from './scenarios.ts';
import { type GovernedSide, type RunningSide, startBoth, startGoverned } from './stand.ts';
import { play, type Recording, type Side } from './story.ts';
import { type Told, toldOf } from './told.ts';
import { warmUp } from './warm-up.ts';

export interface RunOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly scale: Scale;
  /** Of every scenario. @default - its own */
  readonly phases?: Phases;
  /** How the pipelines of a comparison are played: at the same time, or each alone on the machine. */
  readonly order: 'beside' | 'in-turn';
  /** What may go on while the naive pipeline is played alone; the governed one waits for its end. */
  readonly meanwhile?: () => Promise<void>;
  readonly seed: number;
  /** For what is under way when a story ends. @default 5 */
  readonly settleSeconds?: number;
  readonly report: Report;
  readonly onSecond?: (
    scenario: Scenario,
    second: number,
    recordings: readonly Recording[],
  ) => void;
  readonly signal: AbortSignal;
}

/**
 * Compared scenarios first, then the others without the naive pipeline.
 * @throws CliError, LocalCloudError
 */
export async function runScenarios(options: RunOptions): Promise<readonly Told[]> {
  const { scale, signal, report } = options;
  const scenarios = options.scenarios.map((name) => ({
    ...scenario(name, scale),
    ...options.phases,
  }));
  if (scenarios.length === 0) return [];
  const standing = { modelPerSecond: 2 * scale.quietPerSecond, report, signal };
  const [governed, naive] = scenarios.some(({ isCompared }) => isCompared)
    ? await startBoth(standing)
    : ([await startGoverned(standing), null] as const);
  try {
    if (naive === null || options.order === 'beside') {
      return await tellAll(scenarios, { governed, naive }, options);
    }
    const recorded = await playAlone(naive, scenarios, options);
    if (signal.aborted) return [];
    return await tellAll(scenarios, { governed, recorded }, options);
  } finally {
    await Promise.all([governed.stop(), naive?.stop()]);
  }
}

interface Pipelines {
  readonly governed: GovernedSide;
  /** Goes through what is compared at the same time. */
  readonly naive?: RunningSide | null;
  /** What the naive one came to before. */
  readonly recorded?: ReadonlyMap<Scenario, Recording>;
}

/** One after the other, until the signal aborts. */
async function tellAll(
  scenarios: readonly Scenario[],
  { governed, naive = null, recorded }: Pipelines,
  options: RunOptions,
): Promise<readonly Told[]> {
  options.report('Warming up');
  await Promise.all([governed, ...(naive ? [naive] : [])].map(warmUp));
  const told: Told[] = [];
  for (const one of scenarios) {
    if (options.signal.aborted) break;
    if (!one.isCompared) await naive?.stop();
    const beside = one.isCompared ? naive : null;
    told.push(await tell(one, governed, { beside, recorded: recorded?.get(one) ?? null }, options));
  }
  return told;
}

/** The naive pipeline goes through all that is compared, and is gone before the governed one begins. */
async function playAlone(
  naive: RunningSide,
  scenarios: readonly Scenario[],
  options: RunOptions,
): Promise<ReadonlyMap<Scenario, Recording>> {
  options.report('Warming up');
  await warmUp(naive);
  const recorded = new Map<Scenario, Recording>();
  const playing = async (): Promise<void> => {
    for (const one of scenarios.filter(({ isCompared }) => isCompared)) {
      await announce(one, [naive], options);
      for (const recording of await played(one, [naive], options)) recorded.set(one, recording);
    }
    await naive.stop();
  };
  await Promise.all([playing(), options.meanwhile?.()]);
  return recorded;
}

async function tell(
  one: Scenario,
  governed: GovernedSide,
  { beside, recorded }: { readonly beside: Side | null; readonly recorded: Recording | null },
  options: RunOptions,
): Promise<Told> {
  const sides = beside ? [beside, governed] : [governed];
  await announce(one, sides, options);
  const over = new AbortController();
  const watching = watchFleet(governed.apiUrl, AbortSignal.any([over.signal, options.signal]));
  const recordings = await played(one, sides, options);
  over.abort();
  const [last, naive = recorded] = recordings.toReversed();
  if (!last) throw new TypeError('the governed pipeline was not played');
  return toldOf(one, { governed: last, naive }, await watching);
}

/** Every provider begins a scenario as the one that takes twice the quiet load. */
async function announce(
  one: Scenario,
  sides: readonly Side[],
  { scale, report }: RunOptions,
): Promise<void> {
  for (const { provider } of sides) {
    await provider.change({ ...PROVIDER, ...rateLimit(2 * scale.quietPerSecond) });
  }
  report(`${one.name}: ${sides.map(({ name }) => name).join(' and ')}, ${lengthOf(one)} s`);
}

const played = (
  one: Scenario,
  sides: readonly Side[],
  { seed, settleSeconds = SETTLE_SECONDS, signal, onSecond }: RunOptions,
): Promise<readonly Recording[]> =>
  play({
    ...{ scenario: one, sides, seed, settleSeconds, signal },
    ...(onSecond && { onSecond: (second, recorded) => onSecond(one, second, recorded) }),
  });
