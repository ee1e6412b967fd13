/** The ports of the event plane: what consumers, reactions and waits keep, and where they send. */
import type { SignalboxEvent } from './contracts/event.ts';
import type { ReactionsRecord } from './contracts/reactions.ts';
import type { ReplayRecord } from './contracts/replay.ts';
import type { Span } from './contracts/span.ts';
import type { WaitsRecord } from './contracts/wait.ts';
import type { Put, ReadModelReader, ReadModelWriter } from './ports.ts';

/** Why an event was parked. */
export interface LaneCause {
  readonly code: string;
  /** For people; at most 1,000 bytes. */
  readonly message: string;
}

/** An event that a consumer could not handle, or one of the same run behind it. */
export interface LaneEntry {
  readonly consumer: string;
  readonly run: string;
  /** Grows along the lane: the order in which its events are handled again. */
  readonly position: number;
  readonly event: SignalboxEvent;
  /** Why it was parked; `null` for one that only waits behind another. */
  readonly cause: LaneCause | null;
  /** ISO 8601. */
  readonly parkedAt: string;
}

/** A run whose events wait in a consumer's lane. */
export interface LaneSummary {
  readonly consumer: string;
  readonly run: string;
  readonly tenant: string;
  /** Id of the event that keeps the lane: the one that it began with, or at which a drain has stopped. */
  readonly event: string;
  readonly type: string;
  readonly code: string;
  readonly cause: string;
  /** When the lane was opened; ISO 8601. */
  readonly parkedAt: string;
}

/** Lanes of parked events, one per consumer and run (R8). An event is known by its id: while it waits in a lane, putting it there again changes nothing. */
export interface LaneStore {
  /** Which of these runs have an open lane, by run, read consistently. */
  openOf(query: {
    readonly consumer: string;
    readonly runs: readonly string[];
  }): Promise<ReadonlyMap<string, LaneSummary>>;
  /** Opens the run's lane with its first event, or puts one more into the lane that is open; gives the lane as it is then. */
  park(
    entry: Omit<LaneEntry, 'position' | 'cause'> & { readonly cause: LaneCause },
  ): Promise<LaneSummary>;
  /** Puts an event behind those of an open lane; `closed` when the lane was drained meanwhile: handle it. */
  queue(entry: Omit<LaneEntry, 'position' | 'cause'>): Promise<'queued' | 'closed'>;
  /** The oldest entries of a lane, in order, read consistently: at most `limit`, and none only when the lane is closed. */
  oldest(query: {
    readonly consumer: string;
    readonly run: string;
    readonly limit: number;
  }): Promise<readonly LaneEntry[]>;
  /** Takes an entry out that was handled; the last one out closes the lane. One that is not there is out already. */
  remove(entry: LaneEntry): Promise<void>;
  /** Notes why the lane does not go on at this entry; the lane's summary says so. Nothing, if it is not there (any more). */
  blame(entry: LaneEntry, cause: LaneCause): Promise<void>;
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
  /** Best effort: an older one never replaces a newer one, its counts are added all the same. */
  put(
    checkpoint: Omit<Checkpoint, 'handled' | 'parked'> & {
      readonly addHandled: number;
      readonly addParked: number;
    },
  ): Promise<void>;
  /** Of all consumers and shards, by consumer and shard. */
  list(): Promise<readonly Checkpoint[]>;
}

/** What the stream holds behind a place, for those who want to know how far behind a consumer is. */
export interface StreamTail {
  /** Those that still hold events, by name. */
  shards(): Promise<readonly string[]>;
  /**
   * The records behind a place, oldest first, without what is in them. A call costs one of a shard's five
   * reads a second, which its consumers need: at most some hundred records are counted.
   * @param after a sequence number, exclusive; `null`: from the oldest record
   */
  behind(query: { readonly shard: string; readonly after: string | null }): Promise<{
    readonly records: readonly { readonly sequence: string; readonly arrivedMs: number }[];
    /** There are more than these. */
    readonly more: boolean;
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

export interface ReplayLedger {
  read(id: string): Promise<ReplayRecord | null>;
  put(write: {
    readonly record: ReplayRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<ReplayRecord>>;
}

/** Read models beside the live one, made anew of past events; nobody reads them yet. */
export interface ReadModelTables {
  /** Makes the table if there is none of this short name, and waits until it can be used. */
  open(name: string): Promise<{
    readonly writer: ReadModelWriter;
    readonly reader: ReadModelReader;
  }>;
}

/** Events from outside, by run: the first put of an id stays, so that a repeat is told the same event (R4). */
export interface Inbox {
  /** @throws TooLargeError, NotJsonError */
  put(event: SignalboxEvent): Promise<Put<SignalboxEvent>>;
  /** The event of this id in the run, read consistently; `null` for none. */
  read(key: { readonly run: string; readonly id: string }): Promise<SignalboxEvent | null>;
  /** The event that was put first under this id, read consistently. */
  read(key: { readonly run: string; readonly id: string }): Promise<SignalboxEvent | null>;
  /** Those of a run in the order of their positions, read consistently. */
  list(run: string): Promise<readonly SignalboxEvent[]>;
}

/** Reactions of runs, read consistently, written by compare and put on `rev`. */
export interface ReactionsLedger {
  read(run: string): Promise<ReactionsRecord | null>;
  put(write: {
    readonly record: ReactionsRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<ReactionsRecord>>;
}

/** What the steps of a run wait for, read consistently, written by compare and put on `rev`. Holds task tokens: nothing of it is shown. */
export interface WaitLedger {
  read(run: string): Promise<WaitsRecord | null>;
  put(write: {
    readonly record: WaitsRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<WaitsRecord>>;
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

/** Where traces go. */
export interface SpanExporter {
  /**
   * Sends spans; sending one again changes nothing that has an id.
   * @returns what the receiver refused for good; `null` when it took all
   * @throws ThrottledError, or what the network says, when another try is worth it
   */
  export(
    spans: readonly Span[],
  ): Promise<{ readonly rejected: number; readonly why: string } | null>;
}

/** The bus on which others in the account hear what happens to runs. */
export interface LifecycleBus {
  /** Puts events, in any order; putting one again makes a second one with the same `id` in its detail. @throws ThrottledError */
  put(events: readonly SignalboxEvent[]): Promise<void>;
}
