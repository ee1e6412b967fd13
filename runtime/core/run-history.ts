/**
 * What happened in a run, put in order: the common ground of view, trace and sentence.
 *
 * Boundary: pure; knows neither "now" nor how anything is shown.
 * Invariant H1: the result depends on the set of events only (R11).
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunStatus } from '../contracts/status.ts';
import { type PlatformEvent, platformEvents } from './platform-event.ts';
import { isRunEnd, type RunEnd, statusEntryOf } from './run-status.ts';
import { type StepHistory, stepsOf } from './step-history.ts';

export interface RunHistory {
  readonly accepted: Extract<PlatformEvent, { type: 'signalbox.run.accepted' }>;
  readonly gen: number;
  readonly status: RunStatus;
  /** When Step Functions first began to execute it, ISO 8601; `null` while it has not. */
  readonly startedAt: string | null;
  /** The end of the newest generation; `null` while it goes on. */
  readonly end: RunEnd | null;
  /** In the order in which they were first heard of. */
  readonly steps: readonly StepHistory[];
}

/** `null` while the run's acceptance is not among the events. */
export function historyOf(events: readonly SignalboxEvent[]): RunHistory | null {
  const known = platformEvents(events);
  const accepted = known.find((event) => event.type === 'signalbox.run.accepted');
  if (!accepted) return null;
  const { gen, status } = newestStatus(known);
  const steps = stepsOf(known);
  const ends = known.filter(isRunEnd);
  return {
    accepted,
    gen,
    // Status events take a detour; who sees a step knows that its run is running.
    status: status === 'accepted' && steps.length > 0 ? 'running' : status,
    startedAt: known.find(({ type }) => type === 'signalbox.run.started')?.time ?? null,
    end: ends.find((end) => end.gen === gen && end.type === `signalbox.run.${status}`) ?? null,
    steps,
  };
}

/** The entry that a list shows: the largest version. */
function newestStatus(events: readonly PlatformEvent[]): {
  readonly gen: number;
  readonly status: RunStatus;
} {
  return events
    .flatMap((event) => statusEntryOf(event) ?? [])
    .reduce<{ version: string; gen: number; status: RunStatus }>(
      (newest, entry) => (entry.version > newest.version ? entry : newest),
      { version: '', gen: 0, status: 'accepted' },
    );
}
