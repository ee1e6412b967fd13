/**
 * Where the time of a run's generation went: a fold over the set of its events, one span per attempt.
 *
 * Boundary: pure.
 * Invariants
 * H1. Any order and any duplication of the events give the same trace (R11).
 * T1. `queuedMs + deferredMs + modelMs + effectMs + ownMs` of a span is its whole: what two calls took
 *     at the same time counts once, as model time where one of them is a model call.
 */
import type { Trace, TraceCall, TraceSpan } from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { timesOf } from './attempt-times.ts';
import type { CallHistory } from './call-history.ts';
import { coveredMs, type Interval, lengthOf } from './interval.ts';
import { isoTime } from './iso-time.ts';
import { historyOf, untilOf } from './run-history.ts';
import { endOrNow, generationViewOf } from './run-view.ts';
import { sentenceOf } from './sentence.ts';
import { type AttemptHistory, type StepHistory, statusOf } from './step-history.ts';

/**
 * `null` while the run's acceptance is not among the events, or when it has no such generation.
 * @param gen which generation @default - the newest
 */
export function traceOf(
  events: readonly SignalboxEvent[],
  nowMs: number,
  gen?: number,
): Trace | null {
  const history = historyOf(events);
  const generation = history?.generations.find((one) => one.gen === (gen ?? history.gen));
  if (!history || !generation) return null;
  const { accepted, generations, steps } = history;
  const { acceptedAt, end, status } = generation;
  const untilMs = untilOf(history, generation.gen, nowMs);
  const spans = steps.flatMap((step) =>
    step.attempts
      .filter(({ id }) => id.gen === generation.gen)
      .map((attempt) => spanOf(step, attempt, untilMs)),
  );
  return {
    run: accepted.run,
    gen: generation.gen,
    generations: generations.map(generationViewOf),
    sentence: sentenceOf(history, endOrNow(history, nowMs)),
    status,
    startedAt: acceptedAt,
    ...(end && { endedAt: end.time }),
    totalMs: Math.max(0, untilMs - Date.parse(acceptedAt)),
    spans: spans.sort((a, b) => Date.parse(a.queuedAt) - Date.parse(b.queuedAt)),
  };
}

function spanOf({ path, agent }: StepHistory, attempt: AttemptHistory, untilMs: number): TraceSpan {
  const { queuedAtMs, startedAtMs, endedAtMs, queuedMs, deferredMs, ran, deferred } = timesOf(
    attempt,
    untilMs,
  );
  const { number, claimsMs, losses, end, calls } = attempt;
  const whole = { untilMs, end };
  const [models, all] = [
    calls.filter(({ kind }) => kind === 'model').map((call) => intervalOf(call, whole)),
    calls.map((call) => intervalOf(call, whole)),
  ];
  const [modelUntil, callUntil] = [
    coveredMs([...deferred, ...models], ran),
    coveredMs([...deferred, ...all], ran),
  ];
  const lost = losses.map(({ fromMs, untilMs }): Interval => [fromMs, untilMs ?? ran[1]]);
  return {
    path,
    agent,
    attempt: number,
    starts: claimsMs.length,
    status: statusOf(attempt),
    queuedAt: isoTime(queuedAtMs),
    ...(startedAtMs !== null && { startedAt: isoTime(startedAtMs) }),
    ...(endedAtMs !== null && { endedAt: isoTime(endedAtMs) }),
    queuedMs,
    deferredMs,
    modelMs: modelUntil - deferredMs,
    effectMs: callUntil - modelUntil,
    ownMs: lengthOf(ran) - callUntil,
    lostMs: coveredMs([...deferred, ...all, ...lost], ran) - callUntil,
    deferrals: attempt.deferrals.map(({ fromMs, untilMs }) => ({
      from: isoTime(fromMs),
      ...(untilMs !== null && { until: isoTime(untilMs) }),
    })),
    ...(end?.reusedFrom && { reusedFrom: end.reusedFrom }),
    calls: calls.map((call) => callViewOf(call, whole)),
  };
}

/** Up to when a call without an end of its own is counted. */
interface Whole {
  readonly untilMs: number;
  readonly end: AttemptHistory['end'];
}

function callViewOf(call: CallHistory, whole: Whole): TraceCall {
  const { fence: _fence, ordinal: _ordinal, startedAtMs, ...shown } = call;
  const view = { ...shown, startedAt: isoTime(startedAtMs) };
  return isGivenUp(call, whole) ? { ...view, durationMs: lengthOf(intervalOf(call, whole)) } : view;
}

/** Nobody knows how long a lost call took: it counts as a part of what was lost, unless its worker itself gave it up. */
function intervalOf(call: CallHistory, whole: Whole): Interval {
  const { status, startedAtMs, durationMs } = call;
  if (status === 'running') return [startedAtMs, whole.untilMs];
  if (isGivenUp(call, whole)) return [startedAtMs, Math.max(startedAtMs, whole.end?.atMs ?? 0)];
  return [startedAtMs, startedAtMs + (durationMs ?? 0)];
}

/** Under way when its own worker ended the attempt: stopped, out of time. */
const isGivenUp = ({ status, fence }: CallHistory, { end }: Whole): boolean =>
  status === 'lost' && fence === end?.fence;
