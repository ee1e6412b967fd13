/**
 * The steps of a run, put together from their events.
 *
 * Invariants
 * H1. The result depends on the set of events only: any order and any duplication give the same (R11).
 * H2. Attempts are ordered by (generation, redrive, retry) and claims by fence, never by clock:
 *     workers' clocks differ.
 */
import type { FailureView } from '../contracts/api.ts';
import type { TerminalStatus } from '../contracts/status.ts';
import type { AttemptId } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { type CallHistory, callsOf, type Doubts, doubtsOf, isCallEvent } from './call-history.ts';
import type { PlatformEvent } from './platform-event.ts';

export interface StepHistory {
  readonly path: string;
  readonly agent: string;
  /** Oldest first, never empty; the last one is the newest. */
  readonly attempts: readonly AttemptHistory[];
  readonly newest: AttemptHistory;
}

export interface AttemptHistory {
  readonly id: AttemptId;
  /** 1 for the first attempt of its generation. */
  readonly number: number;
  /** When it began to wait for a worker; `null` while nothing is known of that. Epoch milliseconds, as all times here. */
  readonly queuedAtMs: number | null;
  /** When workers claimed it, by fence. */
  readonly claimsMs: readonly number[];
  /** When the worker that ended it, or works on it now, had claimed it; `null` when there is none. */
  readonly keptAtMs: number | null;
  /** Workers that claimed it and were lost: all others. */
  readonly lostWorkers: number;
  readonly end: AttemptEnd | null;
  readonly calls: readonly CallHistory[];
}

interface AttemptEnd {
  /** Whose word it is; of no claim when the attempt was ended without being started again. */
  readonly fence: number;
  readonly status: TerminalStatus;
  /** False when another attempt follows. */
  readonly isFinal: boolean;
  readonly atMs: number;
  readonly failure: FailureView | null;
}

type StepEvent = Extract<PlatformEvent, { type: `signalbox.step.${string}` }>;
const NO_END = [
  'signalbox.step.queued',
  'signalbox.step.started',
  'signalbox.step.deferred',
] as const;
type EndEvent = Exclude<StepEvent, { type: (typeof NO_END)[number] }>;

const isStepEvent = (event: PlatformEvent): event is StepEvent =>
  event.type.startsWith('signalbox.step.');

const isEndEvent = (event: StepEvent): event is EndEvent =>
  !(NO_END as readonly string[]).includes(event.type);

/** Steps in the order in which they were first heard of; those of the same instant by path. */
export function stepsOf(events: readonly PlatformEvent[]): readonly StepHistory[] {
  const byPath = Map.groupBy(
    events.filter((event) => isStepEvent(event) || isCallEvent(event)),
    ({ subject }) => subject ?? '',
  );
  return [...byPath]
    .map(([path, own]) => ({ path, own, first: `${own[0]?.time}#${path}` }))
    .sort((a, b) => (a.first < b.first ? -1 : 1))
    .flatMap(({ path, own }) => {
      const attempts = attemptsOf(own);
      const newest = attempts.at(-1);
      const agent = own.find(isStepEvent)?.data.agent;
      return newest && agent !== undefined ? [{ path, agent, attempts, newest }] : [];
    });
}

function attemptsOf(events: readonly PlatformEvent[]): readonly AttemptHistory[] {
  const groups = Map.groupBy(events, ({ gen, attempt }) => `${gen}.${attempt ?? '0.0'}`);
  const ordered = [...groups]
    .map(([text, own]) => ({ id: attemptId(text), events: own }))
    .sort((a, b) => compareAttempts(a.id, b.id));
  const doubts = doubtsOf(events);
  const attempts: AttemptHistory[] = [];
  for (const { id, events: own } of ordered) {
    const before = attempts.filter((attempt) => attempt.id.gen === id.gen);
    attempts.push(attemptOf({ id, events: own, doubts }, before));
  }
  return attempts;
}

function attemptId(text: string): AttemptId {
  const [gen = 0, redrive = 0, retry = 0] = text.split('.').map(Number);
  return { gen, redrive, retry };
}

function attemptOf(
  {
    id,
    events,
    doubts,
  }: {
    readonly id: AttemptId;
    readonly events: readonly PlatformEvent[];
    readonly doubts: Doubts;
  },
  before: readonly AttemptHistory[],
): AttemptHistory {
  const claims = events
    .filter((event) => event.type === 'signalbox.step.started')
    .sort((a, b) => a.fence - b.fence);
  const queued = events.find((event) => event.type === 'signalbox.step.queued');
  const end = endOf(events.filter(isStepEvent).filter(isEndEvent));
  const liveFence = end ? null : (claims.at(-1)?.fence ?? null);
  const kept = claims.find(({ fence }) => fence === (end?.fence ?? liveFence));
  return {
    id,
    number: before.length + 1,
    queuedAtMs: queued ? waitBegan(Date.parse(queued.time), before) : null,
    claimsMs: claims.map(({ time }) => Date.parse(time)),
    keptAtMs: kept ? Date.parse(kept.time) : null,
    lostWorkers: claims.length - (kept ? 1 : 0),
    end,
    calls: callsOf(events.filter(isCallEvent), { liveFence, doubts }),
  };
}

/** A retry's state was entered before its first attempt ran; its own wait begins when the one before ended. */
const waitBegan = (enteredAtMs: number, before: readonly AttemptHistory[]): number =>
  Math.max(enteredAtMs, before.at(-1)?.end?.atMs ?? enteredAtMs);

/** One outcome is recorded per attempt, so there is one end; a success would be final in any case (R3). */
function endOf(events: readonly EndEvent[]): AttemptEnd | null {
  const event = events.find(({ type }) => type === 'signalbox.step.succeeded') ?? events[0];
  if (!event) return null;
  const { fence } = event;
  const atMs = Date.parse(event.time);
  switch (event.type) {
    case 'signalbox.step.succeeded':
      return { fence, status: 'succeeded', isFinal: true, atMs, failure: null };
    case 'signalbox.step.retried':
      return { fence, status: 'failed', isFinal: false, atMs, failure: event.data.failure };
    case 'signalbox.step.failed':
      return { fence, status: 'failed', isFinal: true, atMs, failure: event.data.failure };
    case 'signalbox.step.expired':
      return { fence, status: 'expired', isFinal: true, atMs, failure: event.data.failure };
    case 'signalbox.step.stopped':
      return { fence, status: 'stopped', isFinal: true, atMs, failure: event.data.failure };
  }
}
