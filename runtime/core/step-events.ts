/**
 * The events of a step's way through the door.
 *
 * Invariants
 * N1. `step.queued` belongs to the attempt, not to a holder: it has fence 0 and the time at which the
 *     state was entered, so every start of an attempt tells the same one (V4).
 * N2. An attempt ends with `step.retried` only if somebody tries again, Step Functions or, for a
 *     reaction, the door: the failure is retryable, and attempts are left.
 */
import type { Failure } from '../contracts/errors.ts';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { PlatformEventType } from '../contracts/event-types.ts';
import type { StepResult } from '../contracts/ledger.ts';
import { attemptOf, type TaskMessage } from '../contracts/task-message.ts';
import { attemptText } from './attempt.ts';
import { elapsedMs } from './elapsed.ts';
import { type EventScope, platformEvent } from './event.ts';
import { hash } from './hash.ts';
import { isTriedAgain } from './next-attempt.ts';

/** Where an agent says that its events come from. */
export const agentSource = (agent: string): string => `signalbox/agent/${agent}`;

/** The scope of what happens under one fence of a step. */
export function stepScope(message: TaskMessage, fence: number): EventScope {
  const { run, step, reaction } = message;
  return {
    source: agentSource(step.agent),
    run: run.id,
    root: run.root,
    gen: run.gen,
    tenant: run.tenant,
    workflow: run.workflow,
    traceparent: run.traceparent,
    step: { path: step.path, attempt: attemptText(attemptOf(message)) },
    fence,
    ...(reaction && { reaction }),
  };
}

/** @param attempt the attempt's number, 1 for the first of its generation */
export const stepQueued = (message: TaskMessage, attempt: number): SignalboxEvent =>
  platformEvent(stepScope(message, 0), {
    type: 'signalbox.step.queued',
    atMs: Date.parse(message.step.enteredAt),
    data: { agent: message.step.agent, attempt, inputHash: hash(message.input) },
  });

/**
 * @param fact.start counts the claims of this attempt, from 1
 * @param fact.isFirst nobody has claimed this attempt before: it has waited since its state was entered
 */
export const stepStarted = (
  message: TaskMessage,
  fact: {
    readonly fence: number;
    readonly start: number;
    readonly isFirst: boolean;
    readonly atMs: number;
  },
): SignalboxEvent =>
  platformEvent(stepScope(message, fact.fence), {
    type: 'signalbox.step.started',
    atMs: fact.atMs,
    data: {
      agent: message.step.agent,
      start: fact.start,
      ...(fact.isFirst && { waitMs: elapsedMs(Date.parse(message.step.enteredAt), fact.atMs) }),
    },
  });

/** @param fact.seq counts the deferrals of this attempt, from 1 */
export const stepDeferred = (
  message: TaskMessage,
  fact: {
    readonly fence: number;
    readonly seq: number;
    readonly dueAtMs: number;
    readonly failure: Failure;
    /** In whose line it waits, if it does. */
    readonly quota?: string;
    readonly atMs: number;
  },
): SignalboxEvent =>
  platformEvent(stepScope(message, fact.fence), {
    type: 'signalbox.step.deferred',
    atMs: fact.atMs,
    data: {
      agent: message.step.agent,
      seq: fact.seq,
      dueAt: new Date(fact.dueAtMs).toISOString(),
      code: fact.failure.code,
      message: fact.failure.message,
      ...(fact.quota !== undefined && { quota: fact.quota }),
    },
  });

/** @param fact.attempt the attempt's number; `durationMs` counts from the claim */
export function stepEnded(
  message: TaskMessage,
  fact: {
    readonly fence: number;
    readonly attempt: number;
    readonly result: StepResult;
    readonly atMs: number;
    readonly durationMs: number;
    /** The run that ran it; absent: this one. */
    readonly reusedFrom?: string;
  },
): SignalboxEvent {
  const scope = stepScope(message, fact.fence);
  const { result, atMs, durationMs } = fact;
  const data = { agent: message.step.agent, durationMs };
  if (result.status === 'succeeded') {
    const { reusedFrom } = fact;
    const outputHash = hash(result.output);
    return platformEvent(scope, {
      type: 'signalbox.step.succeeded',
      atMs,
      data: { ...data, outputHash, ...(reusedFrom !== undefined && { reusedFrom }) },
    });
  }
  const { failure } = result;
  const type = isTriedAgain(message, failure, fact.attempt)
    ? 'signalbox.step.retried'
    : END_TYPES[result.status];
  return platformEvent(scope, { type, atMs, data: { ...data, failure } });
}

const END_TYPES = {
  failed: 'signalbox.step.failed',
  expired: 'signalbox.step.expired',
  stopped: 'signalbox.step.stopped',
} as const satisfies Record<string, PlatformEventType>;
