/**
 * What the router knows of a reactive run: one record, written by compare and put.
 *
 * Job: shapes only. Events are kept as references, never with their data: those are read again from
 * where they were recorded first, the inbox or the calls of the step that emitted them.
 */
import type { TerminalStatus } from './status.ts';
import type { RunEnvelope } from './task-message.ts';

/** An event of the run, and where it is recorded. */
export interface EventReference {
  readonly id: string;
  readonly type: string;
  /** ISO 8601; with the id its position. */
  readonly time: string;
  readonly origin: string;
  readonly hops: number;
  /** Of the step that emitted it; absent: it came from outside. */
  readonly emitted?: { readonly path: string; readonly attempt: string; readonly ordinal: number };
}

/** On whose behalf a past event causes a reaction. */
export interface ReplayReference {
  readonly id: string;
  readonly hasEffects: boolean;
}

/** A reaction that begins once those before it have ended. */
export interface WaitingReaction {
  readonly n: number;
  readonly event: EventReference;
  readonly replay?: ReplayReference;
}

/** A join that waits for more events. */
export interface OpenJoin {
  readonly n: number;
  /** Field of the input → the newest event of its type so far. */
  readonly parts: Readonly<Record<string, EventReference>>;
  /** Epoch milliseconds at which it is given up. */
  readonly untilMs: number;
  readonly replay?: ReplayReference;
}

/** The reactions of one rule in the run. */
export interface RuleReactions {
  /** Id of an event that met the rule, or what a join is once for → number of its reaction, whatever became of it. */
  readonly seen: Readonly<Record<string, number>>;
  /** Numbers of reactions that have begun and not ended. */
  readonly underWay: readonly number[];
  /** Those that wait, in the order of their events' positions. */
  readonly waiting: readonly WaitingReaction[];
  /** What a join is once for → the join. */
  readonly open: Readonly<Record<string, OpenJoin>>;
  /** Position of the newest event that it has taken; for rules that keep the newest only. */
  readonly newest?: string;
}

/** A reaction's message, but for the data of its events. */
export interface OwedReaction {
  readonly kind: 'reaction';
  readonly rule: string;
  readonly n: number;
  readonly agent: string;
  readonly maxAttempts: number;
  /** ISO 8601. */
  readonly enteredAt: string;
  readonly deadlineAt: string;
  readonly cause: string;
  readonly origin: string;
  readonly hops: number;
  /** The event whose data is the input; absent for a join. */
  readonly event?: EventReference;
  /** Further fields of the input; `null`: there is no such event. */
  readonly fields: Readonly<Record<string, EventReference | null>>;
  readonly replay?: ReplayReference;
}

/** Why a reaction did not come to be; `signalbox.reaction.dropped` tells it. */
export type DropReason =
  | 'superseded'
  | 'hops'
  | 'run-full'
  | 'join-expired'
  | 'not-begun'
  | 'too-large';

export interface OwedDrop {
  readonly kind: 'dropped';
  readonly rule: string;
  readonly n: number;
  readonly why: DropReason;
  /** Ids of the events concerned. */
  readonly events: readonly string[];
  readonly message: string;
  readonly atMs: number;
}

/** Something that was decided and may not have been done: whoever comes next does it, and doing it twice changes nothing. */
export type Owed =
  | { readonly kind: 'started' }
  | OwedReaction
  | OwedDrop
  /** A look at the run at this instant, epoch milliseconds. */
  | { readonly kind: 'alarm'; readonly dueAtMs: number }
  | { readonly kind: 'ended' };

/** How a reactive run ended. */
export interface ReactionsEnd {
  readonly status: TerminalStatus;
  /** Epoch milliseconds. */
  readonly atMs: number;
  /** The event whose data are the run's output. */
  readonly output?: EventReference;
  /** Of one that did not succeed. */
  readonly error?: { readonly name: string; readonly cause: string };
}

export interface ReactionsRecord {
  readonly run: string;
  readonly rev: number;
  /** What every message of the run carries. */
  readonly envelope: RunEnvelope;
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** When its first event came; ISO 8601. */
  readonly startedAt?: string;
  /** When something of it came last, by the router's clock; epoch milliseconds. */
  readonly activeAtMs: number;
  /** By the rule's name. */
  readonly rules: Readonly<Record<string, RuleReactions>>;
  /** The newest events, two at most, of each type that a rule wants to know of later; newest first. */
  readonly newest: Readonly<Record<string, readonly EventReference[]>>;
  /** The first reaction that has failed for good. */
  readonly failed?: { readonly path: string; readonly code: string; readonly message: string };
  /** Replays that have caused reactions → whether what their reactions emit causes further ones. */
  readonly replays?: Readonly<Record<string, boolean>>;
  /** A rule was met more often than a run has reactions; told once. */
  readonly isFull?: true;
  readonly end?: ReactionsEnd;
  /** When the next look at the run is due that was ordered; epoch milliseconds, `null` while none is. */
  readonly alarmMs: number | null;
  readonly owed: readonly Owed[];
}
