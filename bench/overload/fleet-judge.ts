/**
 * Whether the fleet view told the truth.
 *
 * Boundary: pure; samples that were taken during the story, judged by what clients and the provider saw.
 *
 * Rule: what waits in front of the provider are runs that were let in and whose call it has not begun, and
 * they are through when it has begun as many calls as runs were let in. Neither a replay of the arrivals
 * nor the time to an answer tells that: a replay knows no pace, no lost turn and no way to the line, and
 * an answer may wait for the workers of the steps behind the call.
 */
import { BegunCalls } from './begun-calls.ts';
import type { Capacity } from './capacity.ts';
import { type ClientRequest, percentile } from './measures.ts';
import type { CallSample } from './story.ts';

export interface FleetSample {
  readonly at: number;
  readonly bottleneck: string | null;
  readonly clearsInSeconds: number | null;
}

export interface FleetVerdict {
  /** Of the judged samples, the share that named the bottleneck there was. */
  readonly bottleneckRight: number;
  /** Median of |predicted − seen| ÷ seen time until what waited had gone through. */
  readonly etaErrorMedian: number;
  readonly samples: number;
  readonly judged: number;
  /** Samples that named something else than what there was. */
  readonly wrong: readonly {
    readonly at: number;
    readonly named: string | null;
    readonly truth: string | null;
  }[];
}

/** What was seen of the pipeline. */
interface Witnesses {
  readonly requests: readonly ClientRequest[];
  readonly calls: readonly Pick<CallSample, 'at' | 'begun'>[];
}

interface Story {
  /** The quota of the provider. */
  readonly bottleneck: string;
  readonly capacity: Capacity;
}

interface Judged {
  readonly sample: FleetSample;
  /** What it should have named. */
  readonly truth: string | null;
  /** Seconds until what waited had gone through. */
  readonly seenSeconds: number;
}

/** A wait as long as this has to be named; below the other one, nothing waits. Seconds. */
const [WAITS, WAITS_NOT] = [2, 0.5];

/**
 * A provider that begins clearly less than it could in the next seconds, while calls wait, is not evidently
 * what they wait for: workers may lack, or a quota finds its rate again. Nobody outside can tell.
 */
const BUSY_SHARE = 0.8;
const BUSY_SECONDS = 5;

/** Answers come within that when nothing waits anywhere: a call, three steps and a client's look. Seconds. */
const CALM = 5;

export function judgeFleet(
  samples: readonly FleetSample[],
  witnesses: Witnesses,
  story: Story,
): FleetVerdict {
  const judge = new Judge(witnesses, story);
  const judged = samples.flatMap((sample) => judge.judged(sample));
  const wrong = judged.filter(({ sample, truth }) => sample.bottleneck !== truth);
  const errors = judged.flatMap(({ sample: { clearsInSeconds }, truth, seenSeconds }) =>
    truth === null || clearsInSeconds === null || !Number.isFinite(seenSeconds)
      ? []
      : [Math.abs(clearsInSeconds - seenSeconds) / seenSeconds],
  );
  return {
    bottleneckRight: (judged.length - wrong.length) / Math.max(1, judged.length),
    etaErrorMedian: percentile(errors, 0.5),
    samples: samples.length,
    judged: judged.length,
    wrong: wrong.map(({ sample: { at, bottleneck: named }, truth }) => ({ at, named, truth })),
  };
}

class Judge {
  readonly #begun: BegunCalls;
  readonly #requests: readonly ClientRequest[];
  readonly #story: Story;
  /** Calls of runs that expired all the same, and second ones; nobody outside knows when they were made. */
  readonly #extra: number;

  constructor({ requests, calls }: Witnesses, story: Story) {
    this.#begun = new BegunCalls(calls);
    this.#requests = requests.filter(({ end }) => end !== 'expired');
    this.#story = story;
    const runs = this.#requests.filter(({ acceptedAt }) => acceptedAt !== undefined).length;
    this.#extra = Math.max(0, (calls.at(-1)?.begun ?? 0) - runs);
  }

  /** Nothing where what was seen leaves it open. */
  judged(sample: FleetSample): readonly Judged[] {
    const { at, bottleneck: named } = sample;
    const seenSeconds = this.#waitAt(at, 0);
    const { bottleneck } = this.#story;
    if (seenSeconds <= WAITS_NOT) {
      if (this.#waitAt(at, this.#extra) >= WAITS) return [];
      // Of what waits behind the provider clients see that it does, and not for what.
      const isElsewhere = named !== null && named !== bottleneck && !this.#isCalm(at);
      return isElsewhere ? [] : [{ sample, truth: null, seenSeconds }];
    }
    const isHeld = seenSeconds >= WAITS && this.#isBusy(at, Math.min(seenSeconds, BUSY_SECONDS));
    return isHeld ? [{ sample, truth: bottleneck, seenSeconds }] : [];
  }

  /**
   * Until the provider had begun the calls of all whose clients knew that they were let in.
   * @param extra calls that it had begun before, and not for those
   */
  #waitAt(at: number, extra: number): number {
    const calls = this.#requests.filter((request) => isLetIn(request, at)).length + extra;
    return this.#begun.until(at) >= calls ? 0 : Math.max(0, this.#begun.instantOf(calls) - at);
  }

  #isBusy(at: number, seconds: number): boolean {
    const { capacity } = this.#story;
    const possible = capacity.until(at + seconds) - capacity.until(at);
    return this.#begun.until(at + seconds) - this.#begun.until(at) >= BUSY_SHARE * possible;
  }

  #isCalm(at: number): boolean {
    return this.#requests
      .filter((request) => isLetIn(request, at))
      .every(({ end, endedAt }) => end !== 'open' && endedAt <= at + CALM);
  }
}

const isLetIn = ({ acceptedAt, toldAt = acceptedAt }: ClientRequest, at: number): boolean =>
  toldAt !== undefined && toldAt <= at;
