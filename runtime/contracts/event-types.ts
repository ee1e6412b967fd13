/**
 * The registry of platform events, and how users declare their own.
 *
 * Job: one key per type, its payload schema as the value; documentation is generated from it.
 * Rules
 * V1. Platform types start with `signalbox.` and are declared here; domain types may not.
 * V2. Types are past tense. A payload carries no task token, secret or prompt.
 */
import * as z from 'zod/mini';
import type { Schema } from './agent.ts';
import { DefinitionError } from './errors.ts';

/** Domain events by type; `{}` for an agent that emits none. */
export type EventTypes = Readonly<Record<string, Schema>>;

const DOMAIN_TYPE = /^(?!signalbox\.)[a-z][a-z0-9]*(\.[a-z][a-z0-9_]*)+$/;

/**
 * Declares domain events.
 * @throws DefinitionError for a type that is not dotted lower case, or starts with `signalbox.`.
 */
export function eventTypes<const T extends EventTypes>(types: T): T {
  for (const type of Object.keys(types)) {
    if (!DOMAIN_TYPE.test(type)) {
      throw new DefinitionError(
        `event type "${type}": allowed are dotted lower-case names like "answer.drafted"; "signalbox." is the platform's`,
      );
    }
  }
  return types;
}

const count = z.int().check(z.nonnegative());
const FailureSchema = z.object({
  code: z.string(),
  name: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  fingerprint: z.string(),
});
const started = z.object({
  agent: z.string(),
  start: count,
  /** Since the state was entered; on the first start of an attempt that was never put off. */
  waitMs: z.optional(count),
});
const queued = z.object({
  agent: z.string(),
  attempt: count,
  /** Two steps with the same one were asked the same. */
  inputHash: z.optional(z.string()),
});
const ended = z.object({ agent: z.string(), durationMs: count });
const endedBadly = z.extend(ended, { failure: FailureSchema });
const call = z.object({
  call: z.string(),
  kind: z.enum(['model', 'effect', 'tool']),
  /** What was asked, a prompt by its hash: two calls with the same one asked the same. */
  requestHash: z.optional(z.string()),
});
const usage = z.object({ inputTokens: count, outputTokens: count });
/** `durationMs` counts from `signalbox.run.started`; what came before is the wait for it. */
const runEnded = z.object({ durationMs: count });
const runEndedBadly = z.extend(runEnded, { error: z.string(), cause: z.string() });

export const PLATFORM_EVENTS = {
  /** The front door took a run, or a further generation of one: it will reach exactly one terminal status. */
  'signalbox.run.accepted': z.object({
    inputHash: z.string(),
    tags: z.record(z.string(), z.string()),
    deadlineAt: z.string(),
    /** Present on a run that was forked from another one. */
    forkedFrom: z.optional(z.object({ run: z.string(), from: z.nullable(z.string()) })),
    /** The wait that the front door predicted, and whether the run's calls go first. */
    predictedWaitMs: z.optional(count),
    lane: z.optional(z.literal('fast')),
    /** Why the run was resumed. */
    reason: z.optional(z.string()),
  }),
  /** Step Functions began to execute it. */
  'signalbox.run.started': z.object({}),
  /** Without an output that an event cannot carry (398 KiB of JSON). */
  'signalbox.run.succeeded': z.extend(runEnded, { output: z.optional(z.unknown()) }),
  'signalbox.run.failed': runEndedBadly,
  'signalbox.run.expired': runEndedBadly,
  'signalbox.run.stopped': runEndedBadly,
  /** The step's message was received for the first time; the event's time is when the state was entered. */
  'signalbox.step.queued': queued,
  /** A worker claimed the step; `start` counts the claims of this attempt, so 2 means that a first worker was lost. */
  'signalbox.step.started': started,
  /** The step was put off without a failure; a copy of its message is due at `dueAt`. */
  'signalbox.step.deferred': z.object({
    agent: z.string(),
    seq: count,
    dueAt: z.string(),
    code: z.string(),
    message: z.string(),
    /** The quota in whose line the attempt waits. */
    quota: z.optional(z.string()),
  }),
  /** The step waits, for an event of that type or for an `approval`: until then at most. */
  'signalbox.step.waiting': z.object({ agent: z.string(), for: z.string(), until: z.string() }),
  /** An attempt failed and another one follows. */
  'signalbox.step.retried': endedBadly,
  'signalbox.step.succeeded': z.extend(ended, {
    outputHash: z.optional(z.string()),
    /** The run whose recorded outcome was reused; nothing was run. */
    reusedFrom: z.optional(z.string()),
  }),
  'signalbox.step.failed': endedBadly,
  'signalbox.step.expired': endedBadly,
  'signalbox.step.stopped': endedBadly,
  'signalbox.call.started': call,
  /** `replayed` calls are not events: a replay publishes the first one again. */
  'signalbox.call.succeeded': z.extend(call, {
    durationMs: count,
    model: z.optional(z.string()),
    usage: z.optional(usage),
    /** What it cost, where the stage's configuration knows the model's price. */
    usd: z.optional(z.number()),
    /** Waited for its turn in quotas' lines, in this attempt. */
    quotaWaitMs: z.optional(count),
    /** The run whose recorded result was taken over; nothing was called. */
    reusedFrom: z.optional(z.string()),
  }),
  'signalbox.call.failed': z.extend(call, {
    durationMs: count,
    code: z.string(),
    message: z.string(),
    /** Present when a reply came that was not what the call had asked for. */
    usage: z.optional(usage),
    usd: z.optional(z.number()),
  }),
  /** Nobody knows whether the call happened; its `whenUnknown` policy decides. */
  'signalbox.call.uncertain': z.extend(call, { policy: z.enum(['retry', 'fail', 'reconcile']) }),
  /** A provider refused a call of a quota as one too many; the quota's rate has been cut to `perSecond`. */
  'signalbox.quota.throttled': z.object({
    quota: z.string(),
    call: z.string(),
    perSecond: z.number(),
    retryAfterSeconds: z.optional(z.number()),
  }),
  /** A call was not made: with it the run tree could have spent more than its budget. */
  'signalbox.budget.exhausted': z.object({
    call: z.string(),
    limit: z.object({ usd: z.optional(z.number()), tokens: z.optional(z.number()) }),
    spent: z.object({ usd: z.number(), tokens: z.number() }),
    asked: z.object({ usd: z.number(), tokens: z.number() }),
  }),
  /** What the attempt has to show so far: text from `offset` characters on, or a whole value. */
  'signalbox.output.partial': z.object({
    agent: z.string(),
    text: z.optional(z.string()),
    offset: z.optional(count),
    value: z.optional(z.unknown()),
  }),
  /** A person is asked; the answer is taken until `until`. */
  'signalbox.approval.requested': z.object({
    title: z.string(),
    options: z.array(z.string()),
    until: z.string(),
    /** What the person has to see. */
    show: z.optional(z.unknown()),
  }),
  /** A person has answered; `by` is whom the API knows as the caller, or what the caller says where it knows nobody. */
  'signalbox.approval.decided': z.object({
    decision: z.string(),
    by: z.string(),
    note: z.optional(z.string()),
  }),
  /** A rule was met and its reaction did not come to be. */
  'signalbox.reaction.dropped': z.object({
    rule: z.string(),
    /**
     * `superseded`: a newer event of a `latest` rule came first; `hops`: the budget was used up;
     * `run-full`: the run has had too many, which is told once; `join-expired`: not all events came in
     * time; `not-begun`: it still waited, or came, when the run had ended or the rule was gone; `too-large`: no
     * message holds its input.
     */
    why: z.enum(['superseded', 'hops', 'run-full', 'join-expired', 'not-begun', 'too-large']),
    /** Ids of the events concerned. */
    events: z.array(z.string()),
    message: z.string(),
  }),
  /** A consumer could not handle an event of this run: it is parked, and later ones of the run queue behind it. */
  'signalbox.event.parked': z.object({
    consumer: z.string(),
    event: z.string(),
    type: z.string(),
    code: z.string(),
    cause: z.string(),
  }),
  /** A message could not be handled and was parked with its cause. */
  'signalbox.dead_letter.parked': z.object({
    deadLetter: z.string(),
    agent: z.string(),
    code: z.string(),
    cause: z.string(),
  }),
  /** A dead letter's step was set going again, as part of a resumed run. */
  'signalbox.dead_letter.redriven': z.object({ deadLetter: z.string(), agent: z.string() }),
} as const satisfies EventTypes;

export type PlatformEventType = keyof typeof PLATFORM_EVENTS;
export type PlatformEventData<T extends PlatformEventType> = z.input<(typeof PLATFORM_EVENTS)[T]>;
