/**
 * The records of the ledger: the authority on what has been done.
 *
 * Job: shapes only. Every record carries `rev`; a write names the `rev` it has seen and fails if
 * another write came between (compare and put). That one rule carries fences (R5), the finality of
 * successes (R3) and idempotent starts (R1).
 */

import type { BudgetLimits } from './budget.ts';
import type { Failure } from './errors.ts';
import type { SignalboxEvent } from './event.ts';
import type { QuotaTicket } from './quota.ts';
import type { TerminalStatus } from './status.ts';
import type { AttemptId } from './task-message.ts';

/** What an attempt had to show before its end: text, or the value that `partialOutput` describes. */
export type PartialOutput = { readonly text: string } | { readonly value: unknown };

/** How an attempt ended. */
export type StepResult =
  | { readonly status: 'succeeded'; readonly output: unknown }
  | { readonly status: Exclude<TerminalStatus, 'succeeded'>; readonly failure: Failure };

/** The recorded end of an attempt, with its events. Only a recorded outcome is ever published or answered. */
export interface StepOutcome {
  readonly attempt: AttemptId;
  readonly fence: number;
  /** ISO 8601. */
  readonly endedAt: string;
  readonly result: StepResult;
  /** What must be in the stream before the answer (R4). Emptied once a newer attempt is claimed: this one was answered, or that claim owes them now. */
  readonly events: readonly SignalboxEvent[];
  /** The newest partial output of an attempt that did not succeed (R9). */
  readonly partial?: PartialOutput;
}

/**
 * A claim that ended without an outcome: the step goes on with a copy of its message, later. While
 * nobody has claimed the step since (`fence` is the record's), the ledger owes that copy.
 */
export interface StepDeferral {
  readonly attempt: AttemptId;
  /** The fence of the claim that ended with it. */
  readonly fence: number;
  /** Deferrals of the attempt so far; the copy carries it as `deferSeq`. */
  readonly seq: number;
  /** Those of them that waited in a quota's line. @default 0 */
  readonly turns?: number;
  /** Epoch milliseconds from which the copy is worked on. */
  readonly dueAtMs: number;
  /**
   * Messages of the attempt with a smaller `deferSeq` are late: the step is carried by others. 0 until
   * it is claimed again, then the claiming message's own.
   */
  readonly carriedFrom: number;
  /** The places that the attempt's calls hold, each made with its own. */
  readonly tickets?: readonly QuotaTicket[];
  /** What must be in the stream before the copy is sent (R4). Emptied once the step is claimed again. */
  readonly events: readonly SignalboxEvent[];
}

/** One step of a run, all generations. */
export interface StepRecord {
  readonly run: string;
  readonly path: string;
  readonly rev: number;
  readonly agent: string;
  readonly contractVersion: number;
  /** Hash of the input of the newest attempt. */
  readonly inputHash: string;
  /** The newest attempt that was claimed. */
  readonly attempt: AttemptId;
  /** Grows with every claim; only its holder may write. */
  readonly fence: number;
  /** Epoch milliseconds at which the lease ends unless renewed. */
  readonly leaseUntilMs: number;
  /** Claims of the newest attempt that came to no end: how often it was started. A deferral is an end. */
  readonly starts: number;
  /** When the step was first queued, over all attempts and generations; ISO 8601. */
  readonly queuedAt: string;
  /**
   * `step.started` events of the claims since the last outcome or deferral, the events of a deferral whose
   * copy did not come, and those of former generations' ends: their workers may not have come to tell them (R4).
   */
  readonly started: readonly SignalboxEvent[];
  /** The newest attempt's last deferral. */
  readonly deferral?: StepDeferral;
  /** One per ended attempt, oldest first. */
  readonly outcomes: readonly StepOutcome[];
}

/** A call that a step made outside itself. */
export interface CallRecord {
  readonly run: string;
  readonly path: string;
  /**
   * `effect:<name>`, `tool:<name>:<input hash>:<occurrence>`,
   * `model:<name>:<request hash>:<failed attempts>`, `emit:<type>:<ordinal>:<gen.redrive.retry>` or
   * `partial:<gen.redrive.retry>`: what a retry repeats on purpose carries the attempt in its key.
   */
  readonly call: string;
  readonly rev: number;
  readonly fence: number;
  readonly state: 'started' | 'succeeded' | 'failed';
  /** Result as JSON; present when `state` is `succeeded`. */
  readonly result?: unknown;
  /** Why the result of an effect that happened could not be kept; whoever asks for it fails with this. */
  readonly unkept?: {
    readonly code: 'OUTPUT_INVALID' | 'OUTPUT_TOO_LARGE';
    readonly message: string;
  };
  /** The call's own events: published again, unchanged, when the call is replayed. */
  readonly events: readonly SignalboxEvent[];
}

/** A person or a program has stopped the run tree: nothing new begins in it (R10). */
export interface StopOrder {
  /** ISO 8601. */
  readonly at: string;
  /** For people; empty when none was given. */
  readonly reason: string;
}

/** Where a fork takes recorded outcomes from. */
export interface ForkOrigin {
  readonly run: string;
  /** The step from which on everything is done anew; `null`: from the start. */
  readonly from: string | null;
  /** Outcomes recorded before this instant are reused: when the fork step was first queued; ISO 8601. */
  readonly before: string;
  /** What the origin was forked from itself, nearest first: effects of steps that it took over are on record there. */
  readonly lineage?: readonly string[];
  /** Effects that the origin has not performed are refused (`EFFECT_BLOCKED`) unless this is set. */
  readonly liveEffects: boolean;
}

/** How a generation ended: the first end that was heard of stays (R1). */
export interface RunEndRecord {
  readonly gen: number;
  readonly status: TerminalStatus;
  /** ISO 8601. */
  readonly at: string;
}

/** A time in which a run waits for an event or a person. */
export interface RunWait {
  readonly path: string;
  /** ISO 8601. */
  readonly from: string;
  /** While it goes on: when it ends at the latest. */
  readonly until: string;
  readonly isOpen: boolean;
}

/** A run's own record; the root's is also the control record of its tree. */
export interface RunRecord {
  /** A run of agents that react to events: no execution stands behind it. `workflow` names its subscriptions. @default - a workflow's */
  readonly kind?: 'reactive';
  readonly run: string;
  readonly rev: number;
  readonly root: string;
  readonly gen: number;
  readonly tenant: string;
  readonly workflow: string;
  readonly defVersion: string;
  readonly input: unknown;
  readonly inputHash: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly traceparent: string;
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** With the time that `waits` add. */
  readonly deadlineAt: string;
  /** Of the current generation: waiting is no work, so its deadline is later by as much. */
  readonly waits?: readonly RunWait[];
  /** When the current generation was accepted, if it is not the first; ISO 8601. */
  readonly resumedAt?: string;
  /** Why it was resumed, for people; absent when nobody said. */
  readonly resumeReason?: string;
  /** How far the start of the current generation has come: a repeat of the request goes on from here. */
  readonly progress: 'accepted' | 'announced';
  /** Of the current generation; a resume takes it away. */
  readonly stop?: StopOrder;
  /** Of the current generation; absent while nothing is known of an end. */
  readonly end?: RunEndRecord;
  /** Inputs to use instead of those that the workflow sends, by step path. */
  readonly patches?: Readonly<Record<string, unknown>>;
  readonly forkedFrom?: ForkOrigin;
  /** Of the whole tree, on its root; from the workflow's contract when it was accepted. */
  readonly budget?: BudgetLimits;
  /** That the front door predicted when it let the run in, in whole milliseconds; absent when it predicted none. */
  readonly predictedWaitMs?: number;
  /** Its tenant was below its fair share when it was accepted: its calls go first. */
  readonly lane?: 'fast';
}

/** A message that could not be handled, parked with its cause. */
export interface DeadLetter {
  /** Same message, same id: parking twice leaves one. */
  readonly id: string;
  /** ISO 8601. */
  readonly parkedAt: string;
  readonly agent: string;
  readonly code: string;
  /** For people: what was wrong, what was got, what is allowed. */
  readonly cause: string;
  /** The body as received, cut at 64 KiB, without task token. */
  readonly body: string;
  readonly run?: string;
  /** Generation of the run that the message belongs to. */
  readonly gen?: number;
  readonly path?: string;
  readonly tenant?: string;
  /** Same cause, same fingerprint: groups dead letters. */
  readonly fingerprint?: string;
  /** Attempts of the step and starts of the last one, as far as the ledger knows them. */
  readonly attempts?: number;
  readonly starts?: number;
  /** Tokens that the step's recorded model calls have spent. */
  readonly tokens?: { readonly inputTokens: number; readonly outputTokens: number };
}

/** A dead letter as a list shows it. */
export type DeadLetterSummary = Omit<DeadLetter, 'body'>;
