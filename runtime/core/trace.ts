/**
 * Where a run's time went: a fold over the set of its events, one span per attempt.
 *
 * Boundary: pure.
 * Invariants
 * H1. Any order and any duplication of the events give the same trace (R11).
 * T1. `queuedMs + modelMs + effectMs + ownMs` of a span is its whole: what two calls took at the same
 *     time counts once, as model time where one of them is a model call.
 */
import type { Trace, TraceCall, TraceSpan } from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { timesOf } from './attempt-times.ts';
import type { CallHistory } from './call-history.ts';
import { isoTime } from './iso-time.ts';
import { historyOf } from './run-history.ts';
import { endOrNow } from './run-view.ts';
import { sentenceOf } from './sentence.ts';
import type { AttemptHistory, StepHistory } from './step-history.ts';

/** `null` while the run's acceptance is not among the events. */
export function traceOf(events: readonly SignalboxEvent[], nowMs: number): Trace | null {
  const history = historyOf(events);
  if (!history) return null;
  const { accepted, status, end, steps } = history;
  const untilMs = endOrNow(history, nowMs);
  const spans = steps.flatMap((step) =>
    step.attempts.map((attempt) => spanOf(step, attempt, untilMs)),
  );
  return {
    run: accepted.run,
    sentence: sentenceOf(history, untilMs),
    status,
    startedAt: accepted.time,
    ...(end && { endedAt: end.time }),
    totalMs: Math.max(0, untilMs - Date.parse(accepted.time)),
    spans: spans.sort((a, b) => Date.parse(a.queuedAt) - Date.parse(b.queuedAt)),
  };
}

function spanOf({ path, agent }: StepHistory, attempt: AttemptHistory, untilMs: number): TraceSpan {
  const { queuedAtMs, startedAtMs, endedAtMs, queuedMs, runMs } = timesOf(attempt, untilMs);
  const { number, claimsMs, keptAtMs, end, calls } = attempt;
  const ran: Interval = [startedAtMs ?? queuedAtMs, (startedAtMs ?? queuedAtMs) + runMs];
  const [models, all] = [
    calls.filter(({ kind }) => kind === 'model').map((call) => intervalOf(call, untilMs)),
    calls.map((call) => intervalOf(call, untilMs)),
  ];
  const [modelMs, callMs] = [coveredMs(models, ran), coveredMs(all, ran)];
  const lost: Interval = [ran[0], Math.min(ran[1], keptAtMs ?? ran[1])];
  return {
    path,
    agent,
    attempt: number,
    starts: claimsMs.length,
    status: end?.status ?? (startedAtMs === null ? 'queued' : 'running'),
    queuedAt: isoTime(queuedAtMs),
    ...(startedAtMs !== null && { startedAt: isoTime(startedAtMs) }),
    ...(endedAtMs !== null && { endedAt: isoTime(endedAtMs) }),
    queuedMs,
    modelMs,
    effectMs: callMs - modelMs,
    ownMs: runMs - callMs,
    lostMs: Math.max(0, lost[1] - lost[0] - coveredMs(all, lost)),
    calls: calls.map(callViewOf),
  };
}

const callViewOf = ({
  fence: _fence,
  ordinal: _ordinal,
  startedAtMs,
  ...call
}: CallHistory): TraceCall => ({
  ...call,
  startedAt: isoTime(startedAtMs),
});

/** From, until; epoch milliseconds. */
type Interval = readonly [number, number];

/** Nobody knows how long a lost call took: it counts as a part of what was lost. */
function intervalOf({ status, startedAtMs, durationMs }: CallHistory, untilMs: number): Interval {
  const endedAtMs = status === 'running' ? untilMs : startedAtMs + (durationMs ?? 0);
  return [startedAtMs, endedAtMs];
}

/** How much of `within` the intervals cover together; overlaps count once. */
function coveredMs(intervals: readonly Interval[], within: Interval): number {
  const ordered = [...intervals].sort((a, b) => a[0] - b[0]);
  let [coveredUntil, total] = [within[0], 0];
  for (const [from, until] of ordered) {
    const begin = Math.max(from, coveredUntil);
    const end = Math.min(until, within[1]);
    if (end <= begin) continue;
    total += end - begin;
    coveredUntil = end;
  }
  return total;
}
