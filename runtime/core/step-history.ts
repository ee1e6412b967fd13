/**
 * The steps of a run, put together from their events.
 *
 * Invariants
 * H1. The result depends on the set of events only: any order and any duplication give the same (R11).
 * H2. Attempts are ordered by (generation, redrive, retry) and claims by fence, never by clock:
 *     workers' clocks differ.
 */
import type { FailureView } from '../contracts/api.ts';
import type { PartialOutput } from '../contracts/ledger.ts';
import type { StepStatus, TerminalStatus } from '../contracts/status.ts';
import type { AttemptId } from '../contracts/task-message.ts';
import { compareAttempts } from './attempt.ts';
import { type CallHistory, callsOf, type Doubts, doubtsOf, isCallEvent } from './call-history.ts';
import { isPartialEvent, partialOf } from './partial-history.ts';
import type { PlatformEvent } from './platform-event.ts';
import { isApprovalEvent, type WaitHistory, waitOf } from './wait/wait-history.ts';

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
  /** Hash of what it was asked; `null` while nobody has told. */
  readonly inputHash: string | null;
  /** When workers claimed it, by fence. */
  readonly claimsMs: readonly number[];
  /** When it was put off, and claimed again, or waited for what `wait` says; `null` while it waits for that. */
  readonly deferrals: readonly Gap[];
  /** From the claim of each worker that was lost to the next claim; `null` while there is none. */
  readonly losses: readonly Gap[];
  readonly end: AttemptEnd | null;
  readonly calls: readonly CallHistory[];
  /** What it had to show so far; `null` when that is nothing. */
  readonly partial: PartialOutput | null;
  /** What it waits or has waited for: an event, a person; `null` for work. */
  readonly wait: WaitHistory | null;
}

/** A time in which nobody got on with an attempt. */
interface Gap {
  readonly fromMs: number;
  readonly untilMs: number | null;
}

interface AttemptEnd {
  /** Whose word it is; of no claim when the attempt was ended without being started again. */
  readonly fence: number;
  readonly status: TerminalStatus;
  /** False when another attempt follows. */
  readonly isFinal: boolean;
  readonly atMs: number;
  readonly failure: FailureView | null;
  /** The run whose recorded result it took over; `null` when it was run. */
  readonly reusedFrom: string | null;
  readonly outputHash: string | null;
}

type StepEvent = Extract<PlatformEvent, { type: `signalbox.step.${string}` }>;
const NO_END = [
  'signalbox.step.queued',
  'signalbox.step.started',
  'signalbox.step.deferred',
  'signalbox.step.waiting',
] as const;
type EndEvent = Exclude<StepEvent, { type: (typeof NO_END)[number] }>;

const isStepEvent = (event: PlatformEvent): event is StepEvent =>
  event.type.startsWith('signalbox.step.');

const isEndEvent = (event: StepEvent): event is EndEvent =>
  !(NO_END as readonly string[]).includes(event.type);

/** Steps in the order in which they were first heard of; those of the same instant by path. */
export function stepsOf(events: readonly PlatformEvent[]): readonly StepHistory[] {
  const byPath = Map.groupBy(
    events.filter(
      (event) =>
        isStepEvent(event) || isCallEvent(event) || isPartialEvent(event) || isApprovalEvent(event),
    ),
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
  const putOff = events
    .filter((event) => event.type === 'signalbox.step.deferred')
    .sort((a, b) => a.fence - b.fence);
  const wait = waitOf(events);
  const end = endOf(events.filter(isStepEvent).filter(isEndEvent));
  const liveFence = end ? null : liveFenceOf(claims, putOff);
  const isKept = ({ fence }: Claimed): boolean =>
    fence === (end?.fence ?? liveFence) || putOff.some((event) => event.fence === fence);
  const gapAfter = ({ fence, time }: Claimed): Gap => {
    const next = claims.find((claim) => claim.fence > fence);
    return { fromMs: Date.parse(time), untilMs: next ? Date.parse(next.time) : null };
  };
  return {
    id,
    number: before.length + 1,
    queuedAtMs: queued ? waitBegan(Date.parse(queued.time), before) : null,
    inputHash: queued?.data.inputHash ?? null,
    claimsMs: claims.map(({ time }) => Date.parse(time)),
    deferrals: [
      ...putOff.map(gapAfter),
      ...(wait ? [{ fromMs: wait.fromMs, untilMs: end?.atMs ?? null }] : []),
    ],
    losses: claims.filter((claim) => !isKept(claim)).map(gapAfter),
    end,
    calls: callsOf(events.filter(isCallEvent), { liveFence, doubts }),
    partial: partialOf(events.filter(isPartialEvent)),
    wait,
  };
}

type Claimed = Pick<PlatformEvent, 'fence' | 'time'>;

/** Of the newest claim, unless that was put off. */
function liveFenceOf(claims: readonly Claimed[], putOff: readonly Claimed[]): number | null {
  const newest = claims.at(-1)?.fence ?? null;
  return putOff.at(-1)?.fence === newest ? null : newest;
}

/** A retry's state was entered before its first attempt ran; its own wait begins when the one before ended. */
const waitBegan = (enteredAtMs: number, before: readonly AttemptHistory[]): number =>
  Math.max(enteredAtMs, before.at(-1)?.end?.atMs ?? enteredAtMs);

/** One outcome is recorded per attempt, so there is one end; a success would be final in any case (R3). */
function endOf(events: readonly EndEvent[]): AttemptEnd | null {
  const event = events.find(({ type }) => type === 'signalbox.step.succeeded') ?? events[0];
  if (!event) return null;
  const end = {
    fence: event.fence,
    atMs: Date.parse(event.time),
    reusedFrom: null,
    outputHash: null,
  };
  switch (event.type) {
    case 'signalbox.step.succeeded':
      return {
        ...end,
        status: 'succeeded',
        isFinal: true,
        failure: null,
        reusedFrom: event.data.reusedFrom ?? null,
        outputHash: event.data.outputHash ?? null,
      };
    case 'signalbox.step.retried':
      return { ...end, status: 'failed', isFinal: false, failure: event.data.failure };
    case 'signalbox.step.failed':
      return { ...end, status: 'failed', isFinal: true, failure: event.data.failure };
    case 'signalbox.step.expired':
      return { ...end, status: 'expired', isFinal: true, failure: event.data.failure };
    case 'signalbox.step.stopped':
      return { ...end, status: 'stopped', isFinal: true, failure: event.data.failure };
  }
}

/** How an attempt stands; one that was put off, or that nobody works on, is `waiting`. */
export function statusOf({ end, claimsMs, deferrals }: AttemptHistory): StepStatus {
  if (end) return end.status;
  if (deferrals.at(-1)?.untilMs === null) return 'waiting';
  return claimsMs.length === 0 ? 'queued' : 'running';
}

/** True while a step waits for an event or a person. */
export const isWaiting = ({ newest }: StepHistory): boolean =>
  newest.wait !== null && newest.end === null;
