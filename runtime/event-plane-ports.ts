/** The ports of the event plane: what consumers, reactions and waits keep, and where they send. */
import type { SignalboxEvent } from './contracts/event.ts';
import type { Put } from './ports.ts';

/** An event that a consumer could not handle, or one of the same run behind it. */
export interface LaneEntry {
  readonly consumer: string;
  readonly run: string;
  /** Grows along the lane: the order in which its events are handled again. */
  readonly position: number;
  readonly event: SignalboxEvent;
  /** Why it was parked; `null` for one that only waits behind another. */
  readonly cause: { readonly code: string; readonly message: string } | null;
  /** ISO 8601. */
  readonly parkedAt: string;
}

/** A run whose events wait in a consumer's lane. */
export interface LaneSummary {
  readonly consumer: string;
  readonly run: string;
  readonly tenant: string;
  /** Of the event that it began with. */
  readonly event: string;
  readonly type: string;
  readonly code: string;
  readonly cause: string;
  readonly parkedAt: string;
}

/** Lanes of parked events, one per consumer and run (R8). An event is known by its id: putting it twice leaves one. */
export interface LaneStore {
  /** Which of these runs have an open lane, read consistently. */
  openOf(query: {
    readonly consumer: string;
    readonly runs: readonly string[];
  }): Promise<ReadonlySet<string>>;
  /** Opens the run's lane with its first event, or puts one more into the lane that is open. */
  park(entry: Omit<LaneEntry, 'position'>): Promise<void>;
  /** Puts an event behind those of an open lane; `closed` when the lane was drained meanwhile: handle it. */
  queue(entry: Omit<LaneEntry, 'position' | 'cause'>): Promise<'queued' | 'closed'>;
  /** The oldest entries of a lane, in order, read consistently. */
  oldest(query: {
    readonly consumer: string;
    readonly run: string;
    readonly limit: number;
  }): Promise<readonly LaneEntry[]>;
  /** Takes an entry out that was handled; the last one out closes the lane. */
  remove(entry: LaneEntry): Promise<void>;
  /** Open lanes, oldest first. */
  list(query: {
    readonly consumer: string;
    readonly limit: number;
  }): Promise<readonly LaneSummary[]>;
}

/** How far a consumer has come in a shard. */
export interface Checkpoint {
  readonly consumer: string;
  readonly shard: string;
  /** Of the newest event that was handled or parked. */
  readonly sequence: string;
  /** When that event arrived in the stream, and when this was written; epoch milliseconds. */
  readonly arrivedMs: number;
  readonly atMs: number;
  /** Events that the consumer has handled in the shard since the first of them, and parked; roughly, as redeliveries count again. */
  readonly handled: number;
  readonly parked: number;
}

export interface Checkpoints {
  /** Best effort: an older one never replaces a newer one. */
  put(
    checkpoint: Omit<Checkpoint, 'handled' | 'parked'> & {
      readonly addHandled: number;
      readonly addParked: number;
    },
  ): Promise<void>;
  list(): Promise<readonly Checkpoint[]>;
}

/** What the stream holds behind a place; costs one of a shard's five reads a second. */
export interface StreamTail {
  shards(): Promise<readonly string[]>;
  /** @param after a sequence number; `null`: from the oldest */
  behind(query: { readonly shard: string; readonly after: string | null }): Promise<{
    /** Counted, up to some thousands. */
    readonly events: number;
    /** There are more than were counted. */
    readonly more: boolean;
    /** Milliseconds between the newest record of the shard and the last one counted. */
    readonly behindMs: number;
  }>;
}

/** Past events as the archiver writes them: JSON lines by date and hour of arrival. */
export interface ArchiveWriter {
  /** Writes one object; writing the same key again replaces it. */
  put(object: { readonly key: string; readonly lines: readonly string[] }): Promise<void>;
}

export interface ArchiveReader {
  /** Keys in their order, behind `after`; a page may be empty and have a `next`. */
  keys(query: {
    readonly prefix: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{ readonly keys: readonly string[]; readonly more: boolean }>;
  /** The lines of an object, `null` when it is gone. */
  lines(key: string): Promise<readonly string[] | null>;
}

/** Events from outside, by run: the first put of an id stays, so that a repeat is told the same event (R4). */
export interface Inbox {
  put(event: SignalboxEvent): Promise<Put<SignalboxEvent>>;
  /** Those of a run in the order of their positions, read consistently. */
  list(run: string): Promise<readonly SignalboxEvent[]>;
}

/** Messages to any agent's queue, and timers. */
export interface Dispatcher {
  /**
   * Puts a task message into an agent's queue. When it throws, the message may be there nevertheless.
   * @throws TooLargeError
   */
  send(message: {
    readonly agent: string;
    readonly body: string;
    readonly group: string;
    /** Whole seconds, 0 to 900. */
    readonly delaySeconds: number;
  }): Promise<void>;
}

/** A message to oneself, later. */
export interface Timers {
  /** @param timer.dueAtMs epoch milliseconds; one that lies further ahead than a queue can hold comes early and is put again */
  put(timer: { readonly body: string; readonly dueAtMs: number }): Promise<void>;
}
