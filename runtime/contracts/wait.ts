/**
 * Waits: steps that end when an event comes from outside, or a person decides.
 *
 * Job: what a workflow asks for, what the ledger keeps while nobody has answered, and what a person may
 * answer. Boundary: shapes only.
 */
import * as z from 'zod/mini';
import { PLATFORM_NAMES } from './names.ts';
import type { TaskMessage } from './task-message.ts';

/** Who serves waits: the queue, and the `agent` of their messages and events. */
export const WAIT_SERVER = PLATFORM_NAMES.platform;

/**
 * So much longer than a wait Step Functions keeps its task open: what came in time is heard, also when it
 * came at the last moment. Answering a task is sent again for some eight seconds (task-callback.ts).
 */
export const WAIT_GRACE_SECONDS = 10;

/** The longest wait: a Standard execution lives for a year, and this leaves it some time. */
export const WAIT_MAX_SECONDS = 360 * 86_400;

/** What an approval is told when nobody has decided in time; no option may be called so. */
export const TIMED_OUT = 'timed_out';

const OPTION = /^[a-z][a-z0-9_]{0,39}$/;
export const isOption = (text: string): boolean => OPTION.test(text) && text !== TIMED_OUT;

const timeoutSeconds = z.int().check(z.minimum(1), z.maximum(WAIT_MAX_SECONDS));

/** The input of a wait step. */
export const WaitInputSchema = z.discriminatedUnion('for', [
  z.object({
    for: z.literal('event'),
    /** Type of the event, one of the workflow contract's `events`. */
    event: z.string().check(z.minLength(1), z.maxLength(128)),
    timeoutSeconds,
  }),
  z.object({
    for: z.literal('approval'),
    /** What is asked, in one line. */
    title: z.string().check(z.minLength(1), z.maxLength(500)),
    /** What the person has to see. */
    show: z.optional(z.unknown()),
    options: z.array(z.string().check(z.regex(OPTION))).check(z.minLength(1), z.maxLength(10)),
    timeoutSeconds,
  }),
]);
export type WaitInput = z.infer<typeof WaitInputSchema>;

/** A person's answer, as the step's output has it. */
export interface Approved {
  readonly decision: string;
  readonly by: string;
  readonly note?: string;
}

/** A step that waits. */
export interface OpenWait {
  /** With its task token: whoever ends the wait answers it. */
  readonly message: TaskMessage;
  /** ISO 8601. */
  readonly openedAt: string;
  /** After it, no answer counts any more. */
  readonly until: string;
  /** Id of the event that ends it, once one was taken. */
  readonly takes?: string;
}

/** The waits of a run that nobody has ended. How they end is on record as the outcomes of their steps. */
export interface WaitsRecord {
  readonly run: string;
  readonly rev: number;
  readonly open: readonly OpenWait[];
  /** Ids of the run's events that a wait has taken: each ends one. */
  readonly taken: readonly string[];
}
