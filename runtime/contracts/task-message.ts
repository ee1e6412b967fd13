/**
 * The task message: one step's work on its way to an agent's queue.
 *
 * Job: the shape that state machines write and workers read. Boundary: no AWS types.
 * Invariants
 * T1. Workers accept SCHEMA_VERSION and the version before it; a newer one goes back to the queue
 *     (executions of an old definition keep running through a deploy).
 * T2. The task token is a credential: it never leaves the message for a log, an event or an answer.
 */
import * as z from 'zod/mini';
import { STEP_PATH, STEP_PATH_MAX_LENGTH } from './step-path.ts';
import { TENANT } from './tenant.ts';

export const SCHEMA_VERSION = 1;

/** Largest output of a step, in bytes of JSON, that a run carries inline. */
export const INLINE_BYTES = 32 * 1024;

const count = z.int().check(z.nonnegative());
/** Stands in keys of tables and events: whoever stores it must give it back as it was. */
const name = z.string().check(z.regex(/^[\x21-\x7e]{1,64}$/));

/** The run's envelope, the same in every message of a run; at most 2 KiB. */
export const RunEnvelopeSchema = z.object({
  id: name,
  /** The run at the top of the tree; equal to `id` for a run without a parent. */
  root: name,
  gen: count,
  tenant: z.string().check(z.regex(TENANT)),
  workflow: name,
  /** Hash of the definition that the run started on. */
  defVersion: name,
  deadlineAt: z.iso.datetime(),
  /** W3C trace context. */
  traceparent: z.string().check(z.maxLength(64)),
  /** Present when the calls of the run go first in their lines (core/admission.ts). */
  lane: z.optional(z.literal('fast')),
  /** The run that this one was forked from; for people: what is reused, the control record says. */
  forkedFrom: z.optional(name),
});
export type RunEnvelope = z.infer<typeof RunEnvelopeSchema>;

const StepEnvelopeSchema = z.object({
  path: z.string().check(z.maxLength(STEP_PATH_MAX_LENGTH), z.regex(STEP_PATH)),
  /** `wait`: for an event or a person; the platform's own queue. */
  kind: z.enum(['agent', 'wait']),
  agent: name,
  /** `retry` is the state's RetryCount; it restarts at 0 after a redrive, hence the pair. */
  attempt: z.object({ redrive: count, retry: count }),
  /** First attempt and retries together: tells the worker whether a failure is the last one. */
  maxAttempts: z.int().check(z.positive()),
  /** When the state was entered: the start of the wait in the queue. */
  enteredAt: z.iso.datetime(),
  /** Largest output, in bytes of JSON, that may travel inline. */
  inlineBytes: z.int().check(z.positive()),
});

/** Why a reaction happens (contracts/subscriptions.ts); its events carry it on. */
const ReactionSchema = z.object({
  /** Ids of the event that it reacts to, and of that one's origin. */
  cause: name,
  origin: name,
  /** Of the events that it makes: those of its cause and one more. */
  hops: count,
  /** Present when a replay asked for it. */
  replay: z.optional(z.object({ id: name, hasEffects: z.boolean() })),
});
export type Reaction = z.infer<typeof ReactionSchema>;

export const TaskMessageSchema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  run: RunEnvelopeSchema,
  step: StepEnvelopeSchema,
  input: z.unknown(),
  /** Absent for a reaction: nobody waits for its answer. */
  taskToken: z.optional(z.string().check(z.minLength(1))),
  /** Present for a reaction. */
  reaction: z.optional(ReactionSchema),
  /** How often the attempt was deferred before this copy of the message; absent: never. */
  deferSeq: z.optional(count),
});
export type TaskMessage = z.infer<typeof TaskMessageSchema>;

/** `(gen, redrive, retry)`: identifies an attempt of a step, and orders attempts. */
export interface AttemptId {
  readonly gen: number;
  readonly redrive: number;
  readonly retry: number;
}

export const attemptOf = ({ run, step }: TaskMessage): AttemptId => ({
  gen: run.gen,
  redrive: step.attempt.redrive,
  retry: step.attempt.retry,
});
