/**
 * Runs scenarios one after the other and puts what they came to together.
 *
 * Job: the two pipelines of a comparison are played beside each other, for those who watch, or in turn:
 * the naive one's retries take most of a small machine, and whatever is beside them is starved.
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
import {
  type GovernedSide,
  type StandOptions,
  startBoth,
  startGoverned,
  startNaive,
} from './stand.ts';
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

/** @throws CliError, LocalCloudError */
export async function runScenarios(options: RunOptions): Promise<readonly Told[]> {
  const scenarios = options.scenarios.map((name) => ({
    ...scenario(name, options.scale),
    ...options.phases,
  }));
  if (scenarios.length === 0) return [];
  return options.order === 'beside' ? runBeside(scenarios, options) : runInTurn(scenarios, options);
}

/** Compared scenarios first with both, then the others without the naive pipeline. */
async function runBeside(
  scenarios: readonly Scenario[],
  options: RunOptions,
): Promise<readonly Told[]> {
  const standing = standOptions(options);
  const isCompared = scenarios.some((one) => one.isCompared);
  const [governed, naive] = isCompared
    ? await startBoth(standing)
    : ([await startGoverned(standing), null] as const);
  try {
    options.report('Warming up');
    await Promise.all([governed, ...(naive ? [naive] : [])].map(warmUp));
    return await tellAll(scenarios, options, async (one) => {
      if (!one.isCompared) await naive?.stop();
      return tell(one, { governed, beside: one.isCompared ? naive : null }, options);
    });
  } finally {
    await Promise.all([governed.stop(), naive?.stop()]);
  }
}

/** The naive pipeline goes through all that is compared, and is gone before the governed one is deployed. */
async function runInTurn(
  scenarios: readonly Scenario[],
  options: RunOptions,
): Promise<readonly Told[]> {
  const compared = scenarios.filter(({ isCompared }) => isCompared);
  const naive = await recordNaive(compared, options);
  if (options.signal.aborted) return [];
  const governed = await startGoverned(standOptions(options));
  try {
    options.report('Warming up');
    await warmUp(governed);
    return await tellAll(scenarios, options, (one) =>
      tell(one, { governed, recorded: naive.get(one) ?? null }, options),
    );
  } finally {
    await governed.stop();
  }
}

async function recordNaive(
  scenarios: readonly Scenario[],
  options: RunOptions,
): Promise<ReadonlyMap<Scenario, Recording>> {
  if (scenarios.length === 0) return new Map();
  const naive = await startNaive(standOptions(options));
  try {
    options.report('Warming up');
    await warmUp(naive);
    const recorded = await tellAll(scenarios, options, async (one) => {
      await announce(one, [naive], options);
      const recordings = await played(one, [naive], options);
      return recordings.map((recording) => [one, recording] as const);
    });
    return new Map(recorded.flat());
  } finally {
    await naive.stop();
  }
}

const standOptions = ({ scale, report, signal }: RunOptions): StandOptions => ({
  modelPerSecond: 2 * scale.quietPerSecond,
  report,
  signal,
});

/** One after the other, until the signal aborts. */
async function tellAll<T>(
  scenarios: readonly Scenario[],
  { signal }: RunOptions,
  tellOne: (one: Scenario) => Promise<T>,
): Promise<readonly T[]> {
  const told: T[] = [];
  for (const one of scenarios) {
    if (signal.aborted) break;
    told.push(await tellOne(one));
  }
  return told;
}

interface Pipelines {
  readonly governed: GovernedSide;
  /** Goes through the story at the same time. */
  readonly beside?: Side | null;
  /** Has gone through it before. */
  readonly recorded?: Recording | null;
}

async function tell(
  one: Scenario,
  { governed, beside = null, recorded = null }: Pipelines,
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
