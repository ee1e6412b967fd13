/**
 * The ports: everything the runtime needs from outside, one interface per concern.
 *
 * Rules
 * P1. Params object in, whole record out, `null` for "none"; expected outcomes are values, broken
 *     dependencies throw.
 * P2. No port lies about success: "written", "sent" and "answered" mean that the other side said so.
 * P3. Every port has one conformance suite (`test/conformance`), run on memory and on a real cloud.
 */
import type { Schema } from './contracts/agent.ts';
import type { SignalboxEvent } from './contracts/event.ts';
import type {
  CallRecord,
  DeadLetter,
  DeadLetterSummary,
  RunRecord,
  StepRecord,
} from './contracts/ledger.ts';
import type { RunStatus } from './contracts/status.ts';

export type * from './event-plane-ports.ts';
export type * from './limit-ports.ts';

/** Time, randomness and waiting; the only source of each. */
export interface System {
  /** Epoch milliseconds. */
  now(): number;
  /** 26 characters of Crockford base 32 (130 bits). */
  randomId(): string;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Outcome of a compare and put: `conflict` carries the record that is there instead. */
export type Put<R> =
  | { readonly kind: 'written' }
  | { readonly kind: 'conflict'; readonly current: R | null };

export interface StepKey {
  readonly run: string;
  readonly path: string;
}

/** Steps and runs, read consistently, written by compare and put on `rev`. */
export interface StepLedger {
  /** One consistent batch read; answers are in the order asked, `null` for what is not there. */
  read(query: { readonly steps: readonly StepKey[]; readonly runs: readonly string[] }): Promise<{
    readonly steps: readonly (StepRecord | null)[];
    readonly runs: readonly (RunRecord | null)[];
  }>;
  /** All steps of a run that anybody has claimed or settled, read consistently, in the order of their keys. */
  list(run: string): Promise<readonly StepRecord[]>;
  /**
   * Writes `record` if the stored `rev` is `expectedRev` (`null`: if there is none).
   * `record.rev` must be `(expectedRev ?? 0) + 1`.
   */
  put(write: {
    readonly record: StepRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<StepRecord>>;
}

/** Calls of steps: intents and results. */
export interface CallLedger {
  read(key: StepKey & { readonly call: string }): Promise<CallRecord | null>;
  /**
   * Everything that is on record about the calls of a step, read consistently, in the order of the calls'
   * keys.
   * @param calls.prefix what the keys of those begin with that are asked for @default - all
   */
  list(calls: StepKey & { readonly prefix?: string }): Promise<readonly CallRecord[]>;
  /**
   * As `StepLedger.put`, and only while the step's stored fence is `record.fence` and no outcome of
   * that fence is recorded; otherwise `fenced`: the writer has lost the step (R5).
   */
  put(write: {
    readonly record: CallRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<CallRecord> | { readonly kind: 'fenced' }>;
}

export interface RunLedger {
  read(run: string): Promise<RunRecord | null>;
  put(write: {
    readonly record: RunRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<RunRecord>>;
}

/** Where dead letters are parked; parking the same id again changes nothing. */
export interface DeadLetterStore {
  park(letter: DeadLetter): Promise<void>;
  read(id: string): Promise<DeadLetter | null>;
  /**
   * Newest first, read consistently. A letter whose message names no tenant is the default tenant's.
   * @throws InvalidCursorError for a cursor that no earlier page of this tenant gave.
   */
  list(query: {
    readonly tenant: string;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly letters: readonly DeadLetterSummary[]; readonly next?: string }>;
}

/** The event stream, writing side. */
export interface EventLog {
  /**
   * Appends events, at most a few hundred; the partition key is `event.run`, order within a run is kept
   * when nothing has to be sent again. Entries that the stream refused are sent again by entry.
   * @throws when events are left that the stream did not take; sending all again is always right (R4).
   */
  append(events: readonly SignalboxEvent[]): Promise<void>;
}

/**
 * Events that the stream did not take, kept until it does (R4). An event is known by its id: keeping
 * it twice leaves one.
 */
export interface Outbox {
  /** Resolves when every event is kept. */
  put(events: readonly SignalboxEvent[]): Promise<void>;
  /**
   * Some of the oldest that are kept, read consistently: at most `limit`, and none only when none is
   * kept. Those of a run come in the order of their positions, without a gap.
   */
  oldest(limit: number): Promise<readonly SignalboxEvent[]>;
  /** Forgets events that the stream has taken; one that is not there is forgotten already. */
  remove(events: readonly SignalboxEvent[]): Promise<void>;
}

/** A run that somebody has to look at, and when. */
export interface DueRun {
  readonly run: string;
  /** Epoch milliseconds. */
  readonly dueAtMs: number;
}

/** Runs by the time at which the reconciler looks at them again. Entries are hints: the run's record decides what is done. */
export interface DueRuns {
  /** Several entries of one run are allowed. */
  put(entry: DueRun): Promise<void>;
  /** Entries that are due at `nowMs`, oldest first, at most `limit`; read consistently. */
  due(query: { readonly nowMs: number; readonly limit: number }): Promise<readonly DueRun[]>;
  remove(entry: DueRun): Promise<void>;
}

/** Where a payload belongs: nobody outside this tenant and run tree can name it. */
export interface PayloadOwner {
  readonly tenant: string;
  readonly root: string;
}

/** Texts too large for a message, by content. */
export interface PayloadStore {
  /** Keeps a text under its hash; keeping it again changes nothing. Refuses one that has another hash. */
  put(
    owner: PayloadOwner,
    payload: { readonly sha256: string; readonly text: string },
  ): Promise<void>;
  /** `null` when the owner has no such payload (any more). */
  get(owner: PayloadOwner, sha256: string): Promise<string | null>;
}

/** A message on its way to a queue. */
export interface QueueMessage {
  readonly body: string;
  /** Whole seconds until it is handed out for the first time: 0 to 900. */
  readonly delaySeconds: number;
  /** Messages of one group share the queue with those of others: the tenant. */
  readonly group: string;
}

/** The agent's own queue. */
export interface WorkQueue {
  /** Sets the time until redelivery. Resolves with the handles that failed (gone or expired). */
  changeVisibility(
    changes: readonly { readonly receiptHandle: string; readonly seconds: number }[],
  ): Promise<{ readonly failed: readonly string[] }>;
  /**
   * Puts a message into the queue. When it throws, the message may be there nevertheless; sending it
   * again makes a second one.
   * @throws TooLargeError for a body of more than 1 MiB
   */
  send(message: QueueMessage): Promise<void>;
}

/** `superseded`: the task is closed, or its token belongs to an attempt that is over. Nothing is left to do. */
export type TaskAnswer = 'answered' | 'superseded';

/** The orchestrator, as workers see it. Throttling is retried in place, then thrown as ThrottledError. */
export interface TaskCallback {
  succeed(answer: { readonly taskToken: string; readonly output: unknown }): Promise<TaskAnswer>;
  /** `cause` is cut at 32 KiB. */
  fail(answer: {
    readonly taskToken: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<TaskAnswer>;
}

/** The orchestrator, as the front door and the reconciler see it. */
export interface Orchestrator {
  /**
   * Starts an execution; one that exists under this name is `already-started`, whatever its state. A
   * repeat with the same input while it runs may also be answered `started`.
   */
  start(run: {
    readonly workflow: string;
    readonly executionName: string;
    readonly input: unknown;
  }): Promise<'started' | 'already-started'>;
  /**
   * Ends an execution that runs, as ABORTED with these words; one that has ended stays as it is, and
   * may also be answered `stopped`. `cause` is cut at 32 KiB.
   */
  stop(execution: {
    readonly workflow: string;
    readonly executionName: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<'stopped' | 'not-running'>;
  /**
   * How an execution stands, eventually consistent; `null` when there is none of this name (any more).
   * Few questions are answered a second.
   * @throws ThrottledError
   */
  describe(execution: {
    readonly workflow: string;
    readonly executionName: string;
  }): Promise<ExecutionDescription | null>;
}

/** How an execution stands; of one that has ended, what it ended with. */
export interface ExecutionDescription {
  /** As the orchestrator spells it. */
  readonly status: string;
  /** Epoch milliseconds. */
  readonly startMs: number;
  /** Present when it has ended. */
  readonly stopMs?: number;
  /** JSON; present when it succeeded. */
  readonly output?: string;
  /** Present when it ended otherwise and the orchestrator was told why. */
  readonly error?: string;
  readonly cause?: string;
}

/** The orchestrator, as the publisher of run statuses sees it. Few questions are answered a second: for what is known from nowhere else. */
export interface ExecutionReader {
  /**
   * Eventually consistent; `null` for an execution that is not there (any more).
   * @param execution its identifier, as a status change names it
   * @throws ThrottledError
   */
  describe(execution: string): Promise<ExecutionDescription | null>;
}

/** A status that only grows: `version` is compared as text, the larger one stays (R11). */
export interface RunStatusEntry {
  readonly version: string;
  readonly status: RunStatus;
  readonly gen: number;
  /** ISO 8601. */
  readonly at: string;
}

/** What a list shows of a run. Each part may arrive first; parts that are not there yet are absent. */
export interface RunListing {
  readonly run: string;
  readonly tenant: string;
  readonly workflow: string;
  readonly acceptedAt?: string;
  readonly startedAt?: string;
  readonly deadlineAt?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly status?: RunStatusEntry;
  /** Waits for events and people, by generation and step (`0#publish`); one that has ended stays so (R11). */
  readonly waits?: Readonly<Record<string, 'open' | 'ended'>>;
}

/** One write of the projector. Every one is idempotent and commutes with every other (R11). */
export type Projection =
  | { readonly kind: 'event'; readonly event: SignalboxEvent }
  | { readonly kind: 'listing'; readonly listing: RunListing };

/** The read model, writing side. */
export interface ReadModelWriter {
  /** Applies all projections; when it throws, any of them may have been applied and all may be applied again. */
  apply(projections: readonly Projection[]): Promise<void>;
}

export interface RunFilter {
  readonly tenant: string;
  readonly workflow?: string;
  readonly status?: RunStatus;
  readonly tag?: { readonly key: string; readonly value: string };
  /** Accepted at or after, before; ISO 8601. */
  readonly from?: string;
  readonly to?: string;
}

/** The read model, reading side; eventually consistent. */
export interface ReadModelReader {
  /**
   * Events of a run in the order of their positions (`eventPosition`): those behind `after`, which is
   * any text to compare positions with, exclusive. `next` is the position of the last one given.
   * An event may arrive late, before others that were read already: who follows a run looks back
   * (`core/event-cursor.ts`).
   */
  events(query: {
    readonly run: string;
    readonly after?: string;
    readonly limit: number;
  }): Promise<{
    readonly events: readonly SignalboxEvent[];
    readonly next?: string;
    readonly more: boolean;
  }>;
  listing(run: string): Promise<RunListing | null>;
  /**
   * Newest first; only runs whose acceptance has been projected. A page may be short, even empty, and
   * still have a `next`: one question looks at a bounded number of runs.
   * @throws InvalidCursorError for a cursor that no earlier page of this filter gave.
   */
  list(query: {
    readonly filter: RunFilter;
    readonly limit: number;
    readonly cursor?: string;
  }): Promise<{ readonly runs: readonly RunListing[]; readonly next?: string }>;
}

/** A tool as a model is told of it. */
interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of its input. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** What a model wants of a tool. Nothing of it has been checked: the name may be made up, too. */
export interface ToolRequest {
  /** The provider's, unique in its reply. */
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

/** What came of a tool request: JSON, or for the model what was wrong with it. */
export type ToolAnswer = Pick<ToolRequest, 'id' | 'name'> &
  ({ readonly output: unknown } | { readonly error: string });

/** A reply that wanted tools, and what it was answered. */
export interface ModelTurn {
  /** `ModelResponse.reply`. */
  readonly reply: unknown;
  readonly answers: readonly ToolAnswer[];
}

/** One request to a language model. */
export interface ModelRequest {
  /** The call's name in its step, kebab case; names the schema when one is asked for. */
  readonly name: string;
  readonly model?: string;
  readonly system?: string;
  readonly prompt: string;
  /** JSON Schema of the object wanted; text otherwise. */
  readonly schema?: Readonly<Record<string, unknown>>;
  readonly tools?: readonly ModelTool[];
  /** What was said behind the prompt, oldest first. */
  readonly turns?: readonly ModelTurn[];
  /** Always set: an unset limit reserves the model's maximum against the provider's quota. */
  readonly maxOutputTokens: number;
  readonly signal: AbortSignal;
}

export interface ModelResponse {
  readonly text: string;
  /** The parsed object, when a schema was asked for and no tool; not checked against it. */
  readonly object?: unknown;
  /** The tools that the model wants before it answers, never empty; absent in its answer. */
  readonly toolRequests?: readonly ToolRequest[];
  /** The reply as its provider wants it back in the next turn; JSON, present with `toolRequests`. */
  readonly reply?: unknown;
  /** The model that answered, as the provider spells it. */
  readonly model: string;
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

/** A language model provider. Throws RetryableError or TerminalError with a `MODEL_*` code; never retries by itself. */
export interface ModelProvider {
  generate(request: ModelRequest): Promise<ModelResponse>;
  /** The JSON Schema of what has to be given so that `schema` takes it: how a model is told of it. */
  describe(schema: Schema): Promise<Readonly<Record<string, unknown>>>;
}
