/**
 * What was under way in a run: the steps that workers had claimed and not ended, and their calls.
 *
 * Boundary: pure. The ledger tells what is begun and has no end; of a model call it learns at the end
 * only, so those come from the events, which may be a moment behind.
 */
import type { CallInFlight, StepInFlight } from '../contracts/api.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { CallRecord, StepRecord } from '../contracts/ledger.ts';
import { attemptNumber } from './attempt.ts';
import { isEnded } from './claim-step.ts';
import { isoTime } from './iso-time.ts';
import { platformEvents } from './platform-event.ts';
import { stepsOf } from './step-history.ts';

/** The steps that somebody works on, or worked on until they were lost. */
export const stepsInFlight = (steps: readonly StepRecord[]): readonly StepRecord[] =>
  steps.filter((record) => !isEnded(record));

/**
 * @param calls of each of the steps
 * @param events of the run
 */
export function inFlightOf(
  steps: readonly { readonly record: StepRecord; readonly calls: readonly CallRecord[] }[],
  events: readonly SignalboxEvent[],
): readonly StepInFlight[] {
  const told = stepsOf(platformEvents(events));
  return steps.map(({ record, calls }) => {
    const { path, agent, outcomes, attempt } = record;
    const began = platformEvents(record.started).at(-1)?.time ?? record.queuedAt;
    const running = told.find((step) => step.path === path)?.newest.calls ?? [];
    const begun = [
      ...calls.filter(({ state }) => state === 'started').flatMap(begunCall),
      ...running
        .filter(({ status }) => status === 'running')
        .map(({ call, kind, startedAtMs }) => ({ call, kind, since: isoTime(startedAtMs) })),
    ];
    const distinct = new Map(begun.map((call) => [`${call.kind}:${call.call}`, call]));
    return {
      path,
      agent,
      attempt: attemptNumber(outcomes, attempt),
      since: began,
      calls: [...distinct.values()].sort((a, b) => (a.since < b.since ? -1 : 1)),
    };
  });
}

/** As its newest intent tells. */
function begunCall({ events }: CallRecord): CallInFlight[] {
  const begun = platformEvents(events).findLast(({ type }) => type === 'signalbox.call.started');
  if (begun?.type !== 'signalbox.call.started') return [];
  const { call, kind } = begun.data;
  return [{ call, kind, since: begun.time }];
}
