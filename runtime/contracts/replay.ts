/**
 * Replays: past events fed to a consumer once more, and read models made anew of them.
 *
 * Job: what is asked for, what is kept of it, and the messages that carry it on.
 * Invariant RP1: a replay's record says up to which place of the archive everything is done; whoever
 * gets its message goes on from there.
 */
import * as z from 'zod/mini';
import { REPLAYABLE, type ReplayableConsumer } from './consumers.ts';

/** Which events. An event is told by when it happened: `from` inclusive, `to` exclusive. */
export interface ReplayRange {
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  readonly run?: string;
  readonly type?: string;
}

export interface ReplayOrder extends ReplayRange {
  readonly consumer: ReplayableConsumer;
  /** Of the router: only the rule of this name reacts. */
  readonly rule?: string;
  /** Most events per second that the consumer is given. */
  readonly rate: number;
  /** Reactions may change the world outside, and others react to what they tell. */
  readonly hasEffects: boolean;
  /** Events are counted, and nothing is handled. */
  readonly isDryRun: boolean;
  /** Present on a rebuild: the short name of the fresh table that the events go to. */
  readonly table?: string;
}

export interface ReplayCounts {
  /** Lines of the archive that were read. */
  readonly read: number;
  /** Events in range, each counted once per object of the archive. */
  readonly matched: number;
  readonly handled: number;
  /** Events that the consumer could not handle: they are passed over, and say nothing to the lanes of the living. */
  readonly failed: number;
}

/** An event that a replayed consumer could not handle. */
export interface ReplayFailure {
  readonly event: string;
  readonly run: string;
  readonly type: string;
  readonly cause: string;
}

/** So many failures, and differences of a rebuilt table, are kept as examples. */
export const EXAMPLES_MAX = 20;

/** A rebuilt read model beside the live one. */
export interface Comparison {
  /** Runs that either side lists. */
  readonly compared: number;
  /** Runs that differ or are missing on one side; the first 20 say how. */
  readonly different: number;
  readonly examples: readonly string[];
}

export interface ReplayRecord extends ReplayOrder {
  readonly id: string;
  readonly rev: number;
  /** `comparing`: a rebuild whose events are all handled. */
  readonly state: 'running' | 'comparing' | 'done';
  /** ISO 8601. */
  readonly startedAt: string;
  readonly changedAt: string;
  readonly endedAt?: string;
  /** Everything before it is done: a key of the archive and lines of its object. While comparing, a key of the table. */
  readonly cursor: { readonly key: string; readonly lines: number };
  readonly counts: ReplayCounts;
  /** The first 20. */
  readonly failures: readonly ReplayFailure[];
  readonly comparison?: Comparison;
}

const text = z.string().check(z.minLength(1), z.maxLength(128));

/** To a consumer's replay queue. */
export const ReplayMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('replay'), id: text }),
  /** Handle what waits in lanes again, of one run or of all. */
  z.object({ kind: z.literal('lanes'), run: z.optional(text) }),
]);
export type ReplayMessage = z.infer<typeof ReplayMessageSchema>;

export const isReplayable = (name: string): name is ReplayableConsumer =>
  (REPLAYABLE as readonly string[]).includes(name);
