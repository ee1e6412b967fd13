/**
 * What a scenario came to, on both sides.
 *
 * Boundary: pure; made from what clients saw, the provider counted and the fleet view said.
 */
import { maxQueueSecondsOf } from '#runtime/contracts/workflow.ts';
import { leadQualification } from '../../functions/lead-qualification/contracts.ts';
import { type AdmissionErrors, admissionErrors } from './admission-errors.ts';
import { Capacity } from './capacity.ts';
import { type FleetSample, type FleetVerdict, judgeFleet } from './fleet-judge.ts';
import type { FleetLook } from './fleet-watch.ts';
import { type Measures, measure, percentile } from './measures.ts';
import { lengthOf, type Scenario } from './scenarios.ts';
import { isUseful, type Moment, series } from './series.ts';
import type { Recording } from './story.ts';

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
interface Seen extends Recording {
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

export function toldOf(
  one: Scenario,
  recorded: { readonly governed: Recording; readonly naive: Recording | null },
  looks: readonly FleetLook[],
): Told {
  const { governed, naive } = recorded;
  const { requests } = governed;
  const capacity = Capacity.of(one);
  return {
    scenario: one,
    naive: naive && judged(naive, one),
    governed: judged(governed, one),
    admission: admissionErrors(requests, capacity, MAX_QUEUE_SECONDS),
    fleet: judgeFleet(samplesOf(looks), governed, { bottleneck: BOTTLENECK, capacity }),
    seen: { ...governed, fleet: looks },
  };
}

const samplesOf = (looks: readonly FleetLook[]): readonly FleetSample[] =>
  looks.map(({ at, view: { bottleneck } }) => ({
    ...{ at, bottleneck: bottleneck?.name ?? null },
    clearsInSeconds: bottleneck?.clearsInSeconds ?? null,
  }));

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
