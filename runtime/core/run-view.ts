/**
 * A run as the API shows it: a fold over the set of its events.
 *
 * Boundary: pure. Counters are summed from what is there, never incremented.
 * Invariant H1: any order and any duplication of the events give the same view (R11).
 */
import type { GenerationView, RunSummary, RunView, StepView } from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import { isTerminal } from '../contracts/status.ts';
import type { RunListing } from '../ports.ts';
import { timesOf } from './attempt-times.ts';
import { costOf } from './cost.ts';
import { isoTime } from './iso-time.ts';
import { listedStatus } from './listing.ts';
import { type Generation, historyOf, type RunHistory, untilOf } from './run-history.ts';
import { sentenceOf } from './sentence.ts';
import { type StepHistory, statusOf } from './step-history.ts';

/** `null` while the run's acceptance is not among the events. */
export function runViewOf(events: readonly SignalboxEvent[], nowMs: number): RunView | null {
  const history = historyOf(events);
  if (!history) return null;
  const { accepted, gen, status, startedAt, end, steps, deadlineAt, generations } = history;
  const untilMs = endOrNow(history, nowMs);
  const stepViews = steps.map((step) => stepViewOf(step, (gen) => untilOf(history, gen, untilMs)));
  return {
    id: accepted.run,
    workflow: accepted.workflow,
    tenant: accepted.tenant,
    status,
    gen,
    tags: accepted.data.tags,
    acceptedAt: accepted.time,
    ...(startedAt !== null && { startedAt }),
    ...(end && { endedAt: end.time }),
    deadlineAt,
    generations: generations.map(generationViewOf),
    ...(accepted.data.forkedFrom && { forkedFrom: accepted.data.forkedFrom }),
    sentence: sentenceOf(history, untilMs),
    ...costOf(stepViews),
    steps: stepViews,
    ...(end && resultOf(end)),
    ...(status !== 'succeeded' && partialResultOf(stepViews)),
  };
}

/** Values only: a text belongs to its step, a value is what a contract promises. */
function partialResultOf(steps: readonly StepView[]): Pick<RunView, 'partial'> {
  const values = steps.flatMap(({ path, partial }) =>
    partial && 'value' in partial ? [[path, partial.value] as const] : [],
  );
  return values.length > 0 ? { partial: Object.fromEntries(values) } : {};
}

/** The instant up to which what has no end of its own is counted. */
export const endOrNow = ({ end }: RunHistory, nowMs: number): number =>
  end ? Date.parse(end.time) : nowMs;

/** `null` for a listing whose acceptance or status is not known yet. */
export function runSummaryOf(listing: RunListing): RunSummary | null {
  const { run, workflow, tenant, acceptedAt, startedAt, tags, status } = listing;
  const listed = listedStatus(listing);
  if (acceptedAt === undefined || status === undefined || listed === undefined) return null;
  return {
    id: run,
    workflow,
    tenant,
    status: listed,
    gen: status.gen,
    tags: tags ?? {},
    acceptedAt,
    ...(startedAt !== undefined && { startedAt }),
    ...(isTerminal(status.status) && { endedAt: status.at }),
  };
}

function resultOf(end: NonNullable<RunHistory['end']>): Pick<RunView, 'output' | 'error'> {
  if (end.type !== 'signalbox.run.succeeded') {
    return { error: { name: end.data.error, cause: end.data.cause } };
  }
  return end.data.output === undefined ? {} : { output: end.data.output };
}

export const generationViewOf = ({
  gen,
  status,
  acceptedAt,
  end,
  reason,
}: Generation): GenerationView => ({
  gen,
  status,
  acceptedAt,
  ...(end && { endedAt: end.time }),
  ...(reason !== null && { reason }),
});

/** @param until the instant up to which an attempt of a generation is counted when it has no end */
function stepViewOf(
  { path, agent, attempts, newest }: StepHistory,
  until: (gen: number) => number,
): StepView {
  const times = attempts.map((attempt) => timesOf(attempt, until(attempt.id.gen)));
  const startedAtMs = times.find((time) => time.startedAtMs !== null)?.startedAtMs ?? null;
  const queuedAtMs = times[0]?.queuedAtMs ?? null;
  return {
    path,
    agent,
    gen: newest.id.gen,
    // A step whose attempt failed while another one follows waits for a worker again.
    status: newest.end?.isFinal === false ? 'queued' : statusOf(newest),
    ...(newest.wait && { wait: newest.wait.view }),
    attempts: attempts.length,
    starts: attempts.reduce((total, { claimsMs }) => total + claimsMs.length, 0),
    lostWorkers: attempts.reduce((total, { losses }) => total + losses.length, 0),
    ...(queuedAtMs !== null && { queuedAt: isoTime(queuedAtMs) }),
    ...(startedAtMs !== null && { startedAt: isoTime(startedAtMs) }),
    ...(newest.end?.isFinal && { endedAt: isoTime(newest.end.atMs) }),
    queuedMs: times.reduce((total, { queuedMs }) => total + queuedMs, 0),
    deferredMs: times.reduce((total, { deferredMs }) => total + deferredMs, 0),
    runMs: times.reduce((total, { runMs }) => total + runMs, 0),
    ...costOf(attempts.flatMap(({ calls }) => calls)),
    ...(newest.end?.reusedFrom && { reusedFrom: newest.end.reusedFrom }),
    ...(newest.end?.failure && { failure: newest.end.failure }),
    ...(newest.end?.status !== 'succeeded' && shownBy(attempts)),
  };
}

function shownBy(attempts: StepHistory['attempts']): Pick<StepView, 'partial'> {
  const partial = attempts.findLast((attempt) => attempt.partial !== null)?.partial;
  return partial ? { partial } : {};
}
