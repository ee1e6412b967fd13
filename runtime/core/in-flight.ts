/**
 * What was under way in a run when it was stopped: the steps that workers had claimed and not ended by
 * then, and their calls.
 *
 * Boundary: pure. The ledger tells what is begun and has no end; of a model call it learns at the end
 * only, so those come from the events, which may be a moment behind.
 * Invariant R10: what was in flight is listed whenever somebody asks, whether or not it has ended since.
 */
import type { CallInFlight, StepInFlight } from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord, RunRecord, StepRecord } from '../contracts/ledger.ts';
import { attemptNumber, compareAttempts } from './attempt.ts';
import type { CallHistory } from './call-history.ts';
import { isEnded } from './claim-step.ts';
import { isoTime } from './iso-time.ts';
import { platformEvents } from './platform-event.ts';
import { type AttemptHistory, stepsOf } from './step-history.ts';

/** The steps that somebody worked on when the run was stopped, or had worked on until they were lost. */
export const stepsInFlight = (
  steps: readonly StepRecord[],
  { gen, stop }: Pick<RunRecord, 'gen' | 'stop'>,
): readonly StepRecord[] =>
  steps.filter((record) => {
    if (record.attempt.gen !== gen) return false;
    if (!isEnded(record)) return true;
    const endedAt = record.outcomes.at(-1)?.endedAt;
    // What was ended without being started was only waiting.
    const isOutcome = record.outcomes.at(-1)?.fence === record.fence && record.starts > 0;
    return isOutcome && stop !== undefined && endedAt !== undefined && endedAt >= stop.at;
  });

/**
 * @param steps those in flight, with their calls
 * @param events of the run
 */
export function inFlightOf(
  steps: readonly { readonly record: StepRecord; readonly calls: readonly CallRecord[] }[],
  events: readonly SignalboxEvent[],
  { stop }: Pick<RunRecord, 'stop'>,
): readonly StepInFlight[] {
  const told = stepsOf(platformEvents(events));
  return steps.map(({ record, calls }) => {
    const { path, agent, outcomes, attempt } = record;
    const history = told
      .find((step) => step.path === path)
      ?.attempts.find(({ id }) => compareAttempts(id, attempt) === 0);
    const begun = [
      ...calls.filter(({ state }) => state === 'started').flatMap(begunCall),
      ...(history?.calls ?? [])
        .filter((call) => wasOpen(call, stop?.at))
        .map(({ call, kind, startedAtMs }) => ({ call, kind, since: isoTime(startedAtMs) })),
    ];
    const distinct = new Map(begun.map((call) => [`${call.kind}:${call.call}`, call]));
    const ended = outcomes.find((outcome) => compareAttempts(outcome.attempt, attempt) === 0);
    return {
      path,
      agent,
      attempt: attemptNumber(outcomes, attempt),
      status: ended?.result.status ?? 'running',
      since: beganAt(record, history),
      calls: [...distinct.values()].sort((a, b) => (a.since < b.since ? -1 : 1)),
    };
  });
}

/** When its newest worker began, as far as anybody has told. */
function beganAt(record: StepRecord, history: AttemptHistory | undefined): string {
  const claimedMs = history?.claimsMs.at(-1);
  const noted = platformEvents(record.started).at(-1)?.time;
  return noted ?? (claimedMs === undefined ? record.queuedAt : isoTime(claimedMs));
}

/** Without an end, or with one that came after the stop. */
const wasOpen = ({ startedAtMs, durationMs }: CallHistory, stoppedAt: string | undefined) =>
  durationMs === undefined ||
  (stoppedAt !== undefined && startedAtMs + durationMs >= Date.parse(stoppedAt));

/** As its newest intent tells. */
function begunCall({ events }: CallRecord): CallInFlight[] {
  const begun = platformEvents(events).findLast(({ type }) => type === 'signalbox.call.started');
  if (begun?.type !== 'signalbox.call.started') return [];
  const { call, kind } = begun.data;
  return [{ call, kind, since: begun.time }];
}
