/**
 * Whether the fleet view told the truth.
 *
 * Boundary: pure; samples that were taken during the story, judged by what clients saw in the end.
 */
import type { Capacity } from './capacity.ts';
import { type ClientRequest, percentile } from './measures.ts';

export interface FleetSample {
  readonly at: number;
  readonly bottleneck: string | null;
  readonly clearsInSeconds: number | null;
}

export interface FleetVerdict {
  /** Share of samples that named the bottleneck there was. */
  readonly bottleneckRight: number;
  /** Median of |predicted − seen| ÷ seen time until what waited had gone through. */
  readonly etaErrorMedian: number;
  readonly judged: number;
  /** Samples that named something else than what there was. */
  readonly wrong: readonly {
    readonly at: number;
    readonly named: string | null;
    readonly truth: string | null;
  }[];
}

interface Judged {
  readonly sample: FleetSample;
  /** What it should have named. */
  readonly truth: string | null;
}

/** A line as long as this has to be named; below the other one, nothing waits. Seconds. */
const [WAITS, WAITS_NOT] = [2, 0.5];

export function judgeFleet(
  samples: readonly FleetSample[],
  requests: readonly ClientRequest[],
  story: {
    readonly bottleneck: string;
    readonly capacity: Capacity;
    /** From the bottleneck to the answer, when nothing waits. */
    readonly quietSeconds: number;
  },
): FleetVerdict {
  const { capacity, bottleneck, quietSeconds } = story;
  // Who gave up took no place in the end.
  const line = requests
    .flatMap(({ acceptedAt, end }) => (end === 'expired' ? [] : (acceptedAt ?? [])))
    .sort((a, b) => a - b);
  const seenAt = (at: number): number => drained(requests, at) - quietSeconds - at;
  const judged = samples.flatMap((sample): readonly Judged[] => {
    const wait = capacity.waitAt(sample.at, line);
    if (wait <= WAITS_NOT) return [{ sample, truth: null }];
    // In between, or where clients saw less than the replay expects, either answer will do.
    return wait >= WAITS && seenAt(sample.at) >= WAITS ? [{ sample, truth: bottleneck }] : [];
  });
  const right = judged.filter(({ sample, truth }) => sample.bottleneck === truth);
  const errors = judged.flatMap(({ sample, truth }) => {
    if (truth === null || sample.clearsInSeconds === null) return [];
    const seen = seenAt(sample.at);
    return [Math.abs(sample.clearsInSeconds - seen) / seen];
  });
  return {
    bottleneckRight: right.length / Math.max(1, judged.length),
    etaErrorMedian: percentile(errors, 0.5),
    judged: judged.length,
    wrong: judged.flatMap(({ sample: { at, bottleneck: named }, truth }) =>
      named === truth ? [] : [{ at, named, truth }],
    ),
  };
}

/** When the last of those had ended that were let in until then. */
const drained = (requests: readonly ClientRequest[], second: number): number =>
  Math.max(
    second,
    ...requests
      .filter(({ acceptedAt, end }) => (acceptedAt ?? second + 1) <= second && end !== 'open')
      .map(({ endedAt }) => endedAt),
  );
