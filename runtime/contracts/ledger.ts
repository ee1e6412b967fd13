/**
 * The records of the ledger: the authority on what has been done.
 *
 * Job: shapes only. Every record carries `rev`; a write names the `rev` it has seen and fails if
 * another write came between (compare and put). That one rule carries fences (R5), the finality of
 * successes (R3) and idempotent starts (R1).
 */
import type { Failure } from './errors.ts';
import type { SignalboxEvent } from './event.ts';
import type { TerminalStatus } from './status.ts';
import type { AttemptId } from './task-message.ts';

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
  /** What must be in the stream before the answer (R4). Emptied once a newer attempt is claimed: that one exists only because this one was answered. */
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
  /** Claims of the newest attempt: how often it was started. */
  readonly starts: number;
  /** One per ended attempt, oldest first. */
  readonly outcomes: readonly StepOutcome[];
}

/** A call that a step made outside itself. */
export interface CallRecord {
  readonly run: string;
  readonly path: string;
  /**
   * `effect:<name>`, `model:<name>:<request hash>:<failed attempts>` or
   * `emit:<type>:<ordinal>:<gen.redrive.retry>`: what a retry repeats on purpose carries the attempt in its key.
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

/** A run's own record; the root's is also the control record of its tree. */
export interface RunRecord {
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
  readonly deadlineAt: string;
  /** How far the start has come: a repeat of the request goes on from here. */
  readonly progress: 'accepted' | 'announced';
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
  readonly path?: string;
}
