/**
 * What a story of overload comes to: the same figures for a simulated and for a real one.
 *
 * Boundary: pure; judged by what clients saw and the provider counted. All instants in seconds since the
 * story began.
 */

/** One request of the open loop, and what became of it as its client saw it. */
export interface ClientRequest {
  readonly tenant: string;
  /** When its client asked for the first time. */
  readonly askedAt: number;
  /** When it was let in; absent when it never was. */
  readonly acceptedAt?: number;
  /** When its client heard of that; `acceptedAt` is when it sent the request that was let in. */
  readonly toldAt?: number;
  /** `rejected`: sent away until the client's patience was over. `open`: not ended when the story was. */
  readonly end: 'answered' | 'rejected' | 'expired' | 'failed' | 'open';
  readonly endedAt: number;
  /** Times that it asked at the front door. */
  readonly asked: number;
}

/** Quiet, spike, quiet again. */
export interface Phases {
  readonly warmSeconds: number;
  readonly spikeSeconds: number;
  readonly coolSeconds: number;
}

export interface Story extends Phases {
  readonly deadlineSeconds: number;
  /** Calls that the provider takes in a second of the spike, as it is in the mean. */
  readonly capacityPerSecond: number;
  readonly callsPerAnswer: number;
}

export interface Measures {
  /** Useful answers delivered in the spike ÷ what was offered or the provider could take, the smaller. */
  readonly goodputShare: number;
  /** Provider calls, refused ones too, per useful answer's worth of calls. */
  readonly callsPerUseful: number;
  /** Answers delivered after their deadline. */
  readonly stale: number;
  /** From acceptance to a useful answer, 99th percentile. */
  readonly p99Seconds: number;
  /** After the spike, until no more is in flight than before it; `null` when that does not come. */
  readonly recoverySeconds: number | null;
  /** Of the accepted: ended without a useful answer. */
  readonly expiredShare: number;
}

/** @param calls what the provider was asked over the whole story */
export function measure(requests: readonly ClientRequest[], calls: number, story: Story): Measures {
  const useful = requests.filter((request) => isUseful(request, story));
  const accepted = requests.filter(({ acceptedAt }) => acceptedAt !== undefined);
  const ended = accepted.filter(({ end }) => end !== 'open');
  const answers = requests.filter(({ end }) => end === 'answered').length;
  return {
    goodputShare: goodputShare(requests, useful, story),
    callsPerUseful: calls / Math.max(1, useful.length * story.callsPerAnswer),
    stale: answers - useful.length,
    p99Seconds: percentile(useful.map(latency), 0.99),
    recoverySeconds: recoverySeconds(accepted, story),
    expiredShare: 1 - useful.length / Math.max(1, ended.length),
  };
}

const isUseful = ({ end, endedAt, acceptedAt, askedAt }: ClientRequest, story: Story): boolean =>
  end === 'answered' && endedAt - (acceptedAt ?? askedAt) <= story.deadlineSeconds;

const latency = ({ acceptedAt, askedAt, endedAt }: ClientRequest): number =>
  endedAt - (acceptedAt ?? askedAt);

/** @param share 0.5 for the median; `NaN` of nothing */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The window is as long as the spike and begins later by what an answer takes when nothing waits. */
function goodputShare(
  requests: readonly ClientRequest[],
  useful: readonly ClientRequest[],
  { warmSeconds, spikeSeconds, capacityPerSecond, callsPerAnswer }: Story,
): number {
  const quiet = useful.filter(({ askedAt }) => askedAt < warmSeconds).map(latency);
  const lag = quiet.length > 0 ? percentile(quiet, 0.5) : 0;
  const isInSpike = (at: number): boolean => at >= warmSeconds && at < warmSeconds + spikeSeconds;
  const offered = requests.filter(({ askedAt }) => isInSpike(askedAt)).length;
  const delivered = useful.filter(({ endedAt }) => isInSpike(endedAt - lag)).length;
  const possible = Math.min(offered, (capacityPerSecond * spikeSeconds) / callsPerAnswer);
  return delivered / Math.max(1, possible);
}

/** Seconds over which what is in flight has to have stayed small. */
const CALM_SECONDS = 5;

/** In flight: let in and not ended. Compared with the most that it was in the second half of the quiet before. */
function recoverySeconds(
  accepted: readonly ClientRequest[],
  { warmSeconds, spikeSeconds, coolSeconds }: Phases,
): number | null {
  const inFlight = countsBySecond(accepted, warmSeconds + spikeSeconds + coolSeconds);
  const usual = Math.max(
    1,
    ...inFlight.slice(Math.floor(warmSeconds / 2), Math.floor(warmSeconds)),
  );
  const after = inFlight.slice(Math.ceil(warmSeconds + spikeSeconds));
  const isCalm = (from: number): boolean =>
    from + CALM_SECONDS <= after.length &&
    after.slice(from, from + CALM_SECONDS).every((count) => count <= usual);
  const recovered = after.findIndex((_, from) => isCalm(from));
  return recovered < 0 ? null : recovered;
}

function countsBySecond(accepted: readonly ClientRequest[], seconds: number): readonly number[] {
  const steps = Array.from({ length: Math.ceil(seconds) + 1 }, () => 0);
  const add = (at: number, change: number): void => {
    const second = Math.min(steps.length - 1, Math.max(0, Math.ceil(at)));
    steps[second] = (steps[second] ?? 0) + change;
  };
  for (const { acceptedAt, end, endedAt } of accepted) {
    add(acceptedAt ?? 0, 1);
    if (end !== 'open') add(endedAt, -1);
  }
  let count = 0;
  return steps.map((change) => {
    count += change;
    return count;
  });
}
