/**
 * Runs scenarios one after the other on one stand and puts what they came to together.
 *
 * Boundary: says nothing to anybody but through `report`; `report.ts` draws, `main.ts` writes files.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { maxQueueSecondsOf } from '#runtime/contracts/workflow.ts';
import { leadQualification } from '../../functions/lead-qualification/contracts.ts';
import type { Report } from '../../localstack/report.ts';
import { type AdmissionErrors, admissionErrors } from './admission-errors.ts';
import { Capacity } from './capacity.ts';
import { type FleetSample, type FleetVerdict, judgeFleet } from './fleet-judge.ts';
import { type FleetLook, watchFleet } from './fleet-watch.ts';
import { type Measures, measure, type Phases, percentile } from './measures.ts';
import {
  lengthOf,
  PROVIDER,
  rateLimit,
  type Scale,
  type Scenario,
  type ScenarioName,
  scenario,
} from './scenarios.ts';
import { isUseful, type Moment, series } from './series.ts';
import { type Stand, setUp } from './stand.ts';
import { play, type Recording } from './story.ts';
import { warmUp } from './warm-up.ts';

/** The quota that the story is about. */
const BOTTLENECK = 'model:default';
const DEADLINE_SECONDS = leadQualification.deadlineSeconds;
export const MAX_QUEUE_SECONDS = maxQueueSecondsOf(leadQualification);

/** Of one scenario. */
export interface Told {
  readonly scenario: Scenario;
  readonly naive: SideTold | null;
  readonly governed: SideTold;
  readonly admission: AdmissionErrors;
  readonly fleet: FleetVerdict;
  /** What it was judged by. */
  readonly seen: Seen;
}

/** Everything that was seen of the governed pipeline in a story. */
export interface Seen extends Recording {
  readonly fleet: readonly FleetLook[];
}

export interface SideTold extends Measures {
  readonly moments: readonly Moment[];
  /** From acceptance to answer before the spike. */
  readonly quietP99Seconds: number;
  readonly requests: number;
  readonly accepted: number;
  readonly useful: number;
  readonly calls: number;
}

export interface RunOptions {
  readonly scenarios: readonly ScenarioName[];
  readonly scale: Scale;
  /** Of every scenario. @default - its own */
  readonly phases?: Phases;
  readonly seed: number;
  readonly report: Report;
  readonly onSecond?: (
    scenario: Scenario,
    second: number,
    recordings: readonly Recording[],
  ) => void;
  readonly signal: AbortSignal;
}

export async function runScenarios(options: RunOptions): Promise<readonly Told[]> {
  const scenarios = options.scenarios.map((name) => ({
    ...scenario(name, options.scale),
    ...options.phases,
  }));
  if (scenarios.length === 0) return [];
  const { report, signal } = options;
  const modelPerSecond = 2 * options.scale.quietPerSecond;
  const hasNaive = scenarios.some(({ isCompared }) => isCompared);
  const stand = await setUp({ hasNaive, modelPerSecond, report, signal });
  try {
    report('Warming up');
    await Promise.all([stand.governed, ...(stand.naive ? [stand.naive] : [])].map(warmUp));
    const told: Told[] = [];
    for (const one of scenarios) {
      if (signal.aborted) break;
      if (told.length > 0) await settle();
      if (!one.isCompared) await stand.stopNaive();
      told.push(await tell(one, stand, options));
    }
    return told;
  } finally {
    await stand.stop();
  }
}

async function tell(one: Scenario, stand: Stand, options: RunOptions): Promise<Told> {
  const { report, seed, signal, onSecond, scale } = options;
  const sides = one.isCompared && stand.naive ? [stand.naive, stand.governed] : [stand.governed];
  for (const { provider } of sides) {
    await provider.change({ ...PROVIDER, ...rateLimit(2 * scale.quietPerSecond) });
  }
  report(`${one.name}: ${lengthOf(one)} s`);
  const over = new AbortController();
  const watching = watchFleet(stand.apiUrl, AbortSignal.any([over.signal, signal]));
  const recordings = await play({
    ...{ scenario: one, sides, seed, signal },
    ...(onSecond && { onSecond: (second, recorded) => onSecond(one, second, recorded) }),
  });
  over.abort();
  const looks = await watching;
  const governed = recordings.find(({ name }) => name === 'governed');
  if (!governed) throw new TypeError('the governed pipeline was not played');
  const naive = recordings.find(({ name }) => name === 'naive');
  const capacity = Capacity.of(one);
  const { requests } = governed;
  const story = { bottleneck: BOTTLENECK, capacity, quietSeconds: quiet(governed, one, 0.5) };
  return {
    scenario: one,
    naive: naive ? judged(naive, one) : null,
    governed: judged(governed, one),
    admission: admissionErrors(requests, capacity, MAX_QUEUE_SECONDS),
    fleet: judgeFleet(samplesOf(looks), requests, story),
    seen: { ...governed, fleet: looks },
  };
}

const samplesOf = (looks: readonly FleetLook[]): readonly FleetSample[] =>
  looks.map(({ at, view: { bottleneck } }) => ({
    ...{ at, bottleneck: bottleneck?.name ?? null },
    clearsInSeconds: bottleneck?.clearsInSeconds ?? null,
  }));

/** What is still under way after a story ends before the next one begins. */
const settle = (): Promise<void> => sleep(5000);

function judged(recording: Recording, one: Scenario): SideTold {
  const { requests, calls } = recording;
  const called = calls.at(-1)?.requests ?? 0;
  const story = { ...one, deadlineSeconds: DEADLINE_SECONDS, callsPerAnswer: 1 };
  return {
    ...measure(requests, called, story),
    moments: series(recording, lengthOf(one), DEADLINE_SECONDS),
    quietP99Seconds: quiet(recording, one, 0.99),
    requests: requests.length,
    accepted: requests.filter(({ acceptedAt }) => acceptedAt !== undefined).length,
    useful: requests.filter((request) => isUseful(request, DEADLINE_SECONDS)).length,
    calls: called,
  };
}

/** Of the answers to those who asked before the spike. */
const quiet = ({ requests }: Recording, { warmSeconds }: Scenario, share: number): number =>
  percentile(
    requests
      .filter(({ end, askedAt }) => end === 'answered' && askedAt < warmSeconds)
      .map(({ endedAt, acceptedAt = 0 }) => endedAt - acceptedAt),
    share,
  );
