/**
 * What happened in a run, put in order: the common ground of view, trace and sentence.
 *
 * Boundary: pure; knows neither "now" nor how anything is shown.
 * Invariant H1: the result depends on the set of events only (R11).
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunWait } from '../contracts/ledger.ts';
import { isTerminal, type RunStatus } from '../contracts/status.ts';
import { isoTime } from './iso-time.ts';
import { type PlatformEvent, platformEvents } from './platform-event.ts';
import { isRunEnd, type RunEnd, statusEntryOf } from './run-status.ts';
import { isWaiting, type StepHistory, stepsOf } from './step-history.ts';
import { waitedMs } from './wait/waited-deadline.ts';

type Accepted = Extract<PlatformEvent, { type: 'signalbox.run.accepted' }>;

/** One generation of a run. */
export interface Generation {
  readonly gen: number;
  readonly status: RunStatus;
  /** When it was accepted, or first heard of; ISO 8601. */
  readonly acceptedAt: string;
  /** `null` while it goes on. */
  readonly end: RunEnd | null;
  /** Why the run was resumed with it; `null` when nobody said. */
  readonly reason: string | null;
}

export interface RunHistory {
  /** Of the first generation: what holds for the run as a whole. */
  readonly accepted: Accepted;
  readonly gen: number;
  /** Of the newest generation, with the time that it waits. */
  readonly deadlineAt: string;
  readonly status: RunStatus;
  /** When Step Functions first began to execute it, ISO 8601; `null` while it has not. */
  readonly startedAt: string | null;
  /** The end of the newest generation; `null` while it goes on. */
  readonly end: RunEnd | null;
  /** Oldest first, never empty; the last one is the newest. */
  readonly generations: readonly Generation[];
  readonly newest: Generation;
  /** Its steps are reactions to events; false while none is known. */
  readonly isReactive: boolean;
  /** In the order in which they were first heard of. */
  readonly steps: readonly StepHistory[];
}

/** `null` while the run's acceptance is not among the events. */
export function historyOf(events: readonly SignalboxEvent[]): RunHistory | null {
  const known = platformEvents(events);
  const acceptances = known
    .filter((event) => event.type === 'signalbox.run.accepted')
    .sort((a, b) => a.gen - b.gen);
  const accepted = acceptances[0];
  const steps = stepsOf(known);
  const generations = generationsOf(known, acceptances, steps);
  const newest = generations.at(-1);
  if (!accepted || !newest) return null;
  return {
    accepted,
    gen: newest.gen,
    deadlineAt: deadlineOf((acceptances.at(-1) ?? accepted).data.deadlineAt, newest.gen, steps),
    status: newest.status,
    startedAt: known.find(({ type }) => type === 'signalbox.run.started')?.time ?? null,
    end: newest.end,
    generations,
    newest,
    isReactive: known.some(({ origin }) => origin !== undefined),
    steps,
  };
}

/** Later by what the generation has waited, and is to wait at most. */
function deadlineOf(acceptedWith: string, gen: number, steps: readonly StepHistory[]): string {
  const waits = steps.flatMap((step) => waitIn(step, gen) ?? []);
  return isoTime(Date.parse(acceptedWith) + waitedMs(waits));
}

/** A newer attempt goes on with the wait of the one before, which has no end of its own. */
function waitIn({ attempts }: StepHistory, gen: number): Pick<RunWait, 'from' | 'until'> | null {
  const own = attempts.filter(({ id }) => id.gen === gen);
  const [wait] = own.flatMap((attempt) => attempt.wait ?? []);
  if (!wait) return null;
  const endMs = own.find(({ end }) => end)?.end?.atMs ?? Number.POSITIVE_INFINITY;
  const untilMs = Math.min(Date.parse(wait.view.until), endMs);
  return { from: isoTime(wait.fromMs), until: isoTime(untilMs) };
}

/** Generations that a status is known of. */
function generationsOf(
  known: readonly PlatformEvent[],
  acceptances: readonly Accepted[],
  steps: readonly StepHistory[],
): readonly Generation[] {
  const told = known.filter((event) => statusEntryOf(event) !== null);
  const active = new Set(steps.flatMap(({ attempts }) => attempts.map(({ id }) => id.gen)));
  return [...Map.groupBy(told, ({ gen }) => gen)]
    .sort(([a], [b]) => a - b)
    .map(([gen, own]) => {
      const status = newestStatus(own);
      const acceptance = acceptances.find((event) => event.gen === gen);
      return {
        gen,
        status: goingOn(status, { gen, active, steps }),
        acceptedAt: acceptance?.time ?? own[0]?.time ?? '',
        end: own.filter(isRunEnd).find(({ type }) => type === `signalbox.run.${status}`) ?? null,
        reason: acceptance?.data.reason ?? null,
      };
    });
}

/** Status events take a detour; who sees a step knows that its run is running, or what it waits for. */
function goingOn(
  status: RunStatus,
  {
    gen,
    active,
    steps,
  }: {
    readonly gen: number;
    readonly active: ReadonlySet<number>;
    readonly steps: readonly StepHistory[];
  },
): RunStatus {
  if (isTerminal(status)) return status;
  if (steps.some((step) => step.newest.id.gen === gen && isWaiting(step))) return 'waiting';
  return status === 'accepted' && active.has(gen) ? 'running' : status;
}

/** The status that a list shows: of the largest version. */
const newestStatus = (events: readonly PlatformEvent[]): RunStatus =>
  events
    .flatMap((event) => statusEntryOf(event) ?? [])
    .reduce<{ version: string; status: RunStatus }>(
      (newest, entry) => (entry.version > newest.version ? entry : newest),
      { version: '', status: 'accepted' },
    ).status;

/**
 * The instant up to which an attempt of this generation is counted when it has no end of its own: a
 * generation that has ended, or was followed by another one, works on nothing any more.
 * @param untilMs of the newest generation
 */
export function untilOf({ generations }: RunHistory, gen: number, untilMs: number): number {
  const own = generations.find((generation) => generation.gen === gen);
  const next = generations.find((generation) => generation.gen > gen);
  const at = own?.end?.time ?? next?.acceptedAt;
  return at === undefined ? untilMs : Date.parse(at);
}
