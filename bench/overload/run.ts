/**
 * Runs scenarios one after the other and puts what they came to together: the two pipelines of a
 * comparison beside each other, under the same arrivals.
 *
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
import { type GovernedSide, startBoth, startGoverned } from './stand.ts';
import { play, type Recording, type Side } from './story.ts';
import { type Told, toldOf } from './told.ts';
import { warmUp } from './warm-up.ts';

export interface RunOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly scale: Scale;
  /** Of every scenario. @default - its own */
  readonly phases?: Phases;
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
 * Compared scenarios first with both, then the others without the naive pipeline.
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
  const isCompared = scenarios.some((one) => one.isCompared);
  const [governed, naive] = isCompared
    ? await startBoth(standing)
    : ([await startGoverned(standing), null] as const);
  try {
    report('Warming up');
    await Promise.all([governed, ...(naive ? [naive] : [])].map(warmUp));
    const told: Told[] = [];
    for (const one of scenarios) {
      if (signal.aborted) break;
      if (!one.isCompared) await naive?.stop();
      told.push(await tell(one, governed, one.isCompared ? naive : null, options));
    }
    return told;
  } finally {
    await Promise.all([governed.stop(), naive?.stop()]);
  }
}

async function tell(
  one: Scenario,
  governed: GovernedSide,
  naive: Side | null,
  options: RunOptions,
): Promise<Told> {
  const sides = naive ? [naive, governed] : [governed];
  await announce(one, sides, options);
  const over = new AbortController();
  const watching = watchFleet(governed.apiUrl, AbortSignal.any([over.signal, options.signal]));
  const recordings = await played(one, sides, options);
  over.abort();
  const [last, beside = null] = recordings.toReversed();
  if (!last) throw new TypeError('the governed pipeline was not played');
  return toldOf(one, { governed: last, naive: beside }, await watching);
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
