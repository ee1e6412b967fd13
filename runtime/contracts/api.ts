/**
 * What the HTTP API says: shapes shared by the API function, the client, the CLI and the tests.
 * All times are ISO 8601 in UTC, all durations milliseconds.
 */
import type { Failure } from './errors.ts';
import type { SignalboxEvent } from './event.ts';
import type { QuotaView } from './fleet.ts';
import type { DeadLetterSummary, PartialOutput } from './ledger.ts';
import type { ReplayRecord } from './replay.ts';
import type { RunStatus, StepStatus } from './status.ts';

export type * from './run-diff.ts';

/** RFC 9457 problem details. */
export interface Problem {
  /** `https://signalbox.dev/problems/<slug>`: stable, made for machines. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** What was wrong, what was got, what is allowed, what to do. */
  readonly detail: string;
  readonly instance?: string;
  /** One per offending field of the input; the field `$` is the whole. */
  readonly errors?: readonly FieldProblem[];
  /** Of a start that was refused because the line is full. */
  readonly overload?: Overload;
  /** Names the request in the API's logs. */
  readonly requestId?: string;
}

/** What is full, and when it is the refused run's turn. */
export interface Overload {
  /** `model:default`, an agent's name, or `front-door` where more starts come at once than can be counted. */
  readonly stage: string;
  /** Wait there, in seconds, of a run that would be let in now; and the longest one with which it is. */
  readonly predictedWaitSeconds: number;
  readonly maxQueueSeconds: number;
  /** As the header `Retry-After`. */
  readonly retryAfterSeconds: number;
  /** For the header `Signalbox-Place` of the same request, sent again when it is its turn; absent when too many are ahead. */
  readonly place?: string;
}

export interface FieldProblem {
  /** `customerId`, `items[2].name`; `$` is the whole input. */
  readonly field: string;
  /** What was got and what is allowed. */
  readonly problem: string;
}

/** What a workflow takes, and how long its answer is worth having. */
export interface WorkflowView {
  readonly name: string;
  readonly deadlineSeconds: number;
  /** Longest predicted wait with which a run is still accepted. */
  readonly maxQueueSeconds: number;
  /** JSON Schema (draft 2020-12) of the input. The workflow's own check may say more: some rules have no JSON Schema. */
  readonly input: Readonly<Record<string, unknown>>;
}

export interface RunSummary {
  readonly id: string;
  readonly workflow: string;
  readonly tenant: string;
  readonly status: RunStatus;
  readonly gen: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly acceptedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** What model calls have used and cost, over all attempts; empty while none was answered. */
export interface Cost {
  readonly usage?: TokenCount;
  /** US dollars, of the calls whose price the stage knows. */
  readonly usd?: number;
}

export interface StepView extends Cost {
  readonly path: string;
  readonly agent: string;
  /** The generation of the newest attempt. */
  readonly gen: number;
  /** `waiting`: put off until the other side is ready, or for what `wait` says. */
  readonly status: StepStatus;
  /** Present on a step that waits for an event or a person. */
  readonly wait?: WaitView;
  /** Attempts begun, 1 or more once the step runs. */
  readonly attempts: number;
  /** Claims over all attempts. */
  readonly starts: number;
  /** Claims whose workers were lost: neither ended nor put off. */
  readonly lostWorkers: number;
  readonly queuedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Waiting in the queue, summed over attempts. */
  readonly queuedMs: number;
  /** Put off without a failure: neither in the queue nor at work; summed over attempts. */
  readonly deferredMs: number;
  /** From first claim to end without what was put off, summed over attempts. */
  readonly runMs: number;
  /** The run whose recorded result it took over; nothing was run. */
  readonly reusedFrom?: string;
  /** Of the last attempt, while no later one has begun. */
  readonly failure?: FailureView;
  /** What it had to show so far, while it has no success: of the newest attempt that showed something. */
  readonly partial?: PartialOutput;
}

/** What a step waits for, or has waited for. */
export type WaitView = {
  /** The latest end of it; ISO 8601. */
  readonly until: string;
} & (
  | { readonly for: 'event'; readonly event: string }
  | {
      readonly for: 'approval';
      readonly title: string;
      readonly options: readonly string[];
      /** What the person has to see. */
      readonly show?: unknown;
      readonly decided?: Decided;
    }
);

/** A person's decision. */
export interface Decided {
  readonly decision: string;
  /** The principal that signed the request, or what the caller said where requests are not signed. */
  readonly by: string;
  readonly note?: string;
  /** ISO 8601. */
  readonly at: string;
}

/** An approval that is decided. */
export interface ApprovalView extends Decided {
  readonly run: string;
  /** The step's path. */
  readonly step: string;
}

/** A failure as an event carries it; a newer worker may know more codes than the reader. */
export type FailureView = Omit<Failure, 'code'> & { readonly code: string };

/** One generation of a run. */
export interface GenerationView {
  readonly gen: number;
  readonly status: RunStatus;
  readonly acceptedAt: string;
  readonly endedAt?: string;
  /** Why the run was resumed with it, as far as somebody said. */
  readonly reason?: string;
}

/** What a run was made of. */
export interface ForkView {
  readonly run: string;
  /** The step from which on everything is done anew; `null`: from the start. */
  readonly from: string | null;
}

export interface RunView extends RunSummary, Cost {
  /** Of the newest generation. */
  readonly deadlineAt: string;
  /** Oldest first; the last one is the newest. */
  readonly generations: readonly GenerationView[];
  /** Present on a fork. */
  readonly forkedFrom?: ForkView;
  /** One sentence that says how the run goes or went. */
  readonly sentence: string;
  /** When it is expected to end; in the answer that accepts it only, once runs of the workflow have ended. */
  readonly eta?: string;
  readonly steps: readonly StepView[];
  /**
   * Present when succeeded; left out when its event could not carry it (398 KiB of JSON). Where it has
   * more than 1 MiB, its largest parts are references, `{"$sbref": {"sha256", "bytes"}}`.
   */
  readonly output?: unknown;
  /** Present when ended otherwise. */
  readonly error?: { readonly name: string; readonly cause: string };
  /**
   * While there is no output, also when it ended without one: the values that its unfinished steps had to
   * show, by step path, each as its contract's `partialOutput`.
   */
  readonly partial?: Readonly<Record<string, unknown>>;
}

export interface TraceCall {
  readonly call: string;
  readonly kind: 'model' | 'effect' | 'tool';
  /** What was asked, by its hash: two calls with the same one asked the same. */
  readonly requestHash?: string;
  /** `lost`: its worker died, or had to end, before a result was recorded; `uncertain`: an effect, and nobody knows whether it happened. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'lost' | 'uncertain';
  readonly startedAt: string;
  readonly durationMs?: number;
  /** The model that answered, as the provider spells it. */
  readonly model?: string;
  readonly usage?: TokenCount;
  /** US dollars, where the stage knows the model's price. */
  readonly usd?: number;
  /** The run that this one was forked from and whose recorded result was taken over; nothing was called. */
  readonly reusedFrom?: string;
}

/**
 * One attempt of one step, as a bar of the waterfall.
 * `queuedMs + deferredMs + modelMs + effectMs + ownMs` is the whole of it; calls at the same time count once.
 */
export interface TraceSpan {
  readonly path: string;
  readonly agent: string;
  /** 1 for the first attempt of its generation. */
  readonly attempt: number;
  /** Claims of this attempt. */
  readonly starts: number;
  readonly status: StepStatus;
  readonly queuedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly queuedMs: number;
  /** Put off without a failure. */
  readonly deferredMs: number;
  readonly modelMs: number;
  readonly effectMs: number;
  readonly ownMs: number;
  /** The part of `ownMs` that went with lost workers: until another one took over for good. */
  readonly lostMs: number;
  /** When it was put off and when it went on, oldest first; no `until` while it waits. */
  readonly deferrals: readonly { readonly from: string; readonly until?: string }[];
  /** Present when nothing was run: the run whose recorded result it took over. */
  readonly reusedFrom?: string;
  readonly calls: readonly TraceCall[];
}

/** One generation of a run, as a waterfall. */
export interface Trace {
  readonly run: string;
  readonly gen: number;
  readonly generations: readonly GenerationView[];
  readonly sentence: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly totalMs: number;
  readonly spans: readonly TraceSpan[];
}

/** What was under way when a run was stopped: nothing new begins, this comes to its end. */
export interface StopReport {
  readonly run: RunView;
  readonly inFlight: readonly StepInFlight[];
}

/** A step that a worker had not ended when the run was stopped. */
export interface StepInFlight {
  readonly path: string;
  readonly agent: string;
  /** 1 for the first attempt of its generation. */
  readonly attempt: number;
  /** How it stands now: it comes to its end within seconds of the stop. */
  readonly status: StepStatus;
  /** When its worker began. */
  readonly since: string;
  readonly calls: readonly CallInFlight[];
}

/** A call that had no recorded end then. */
export interface CallInFlight {
  readonly call: string;
  readonly kind: TraceCall['kind'];
  readonly since: string;
}

export interface TokenCount {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** `next` is an opaque cursor, absent on the last page. */
export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly next?: string;
}
/**
 * `next` is always present: ask again with `after=next` for what happens later. Pages together give
 * every event; of a run with more than 200 events in a minute, some twice: `id` tells.
 */
export interface EventPage {
  readonly events: readonly SignalboxEvent[];
  readonly next: string;
  /** True when the page was full and more is there already. */
  readonly more: boolean;
}

/**
 * A part of what a reference in a run's output stands for. The texts of all parts, in their order, are
 * the JSON text of the value.
 */
export interface PayloadPart {
  readonly sha256: string;
  /** Of the whole, as UTF-8. */
  readonly bytes: number;
  /** From 0. */
  readonly part: number;
  readonly parts: number;
  readonly text: string;
}

/** An event from outside, told: to a run that it has begun, or to one that went on already. */
export interface EventAccepted {
  readonly run: string;
  readonly event: { readonly id: string; readonly type: string; readonly time: string };
}

/** Newest first; `next` is an opaque cursor, absent on the last page. */
export interface DeadLetterPage {
  readonly letters: readonly DeadLetterSummary[];
  readonly next?: string;
}

/** In the order of their names, each tenant's own line behind the shared one. */
export interface QuotaList {
  readonly quotas: readonly QuotaView[];
}

/** A replay, or a rebuild where `table` is present, and how far it has come. */
export interface ReplayView extends Omit<ReplayRecord, 'rev' | 'cursor'> {
  /** The object of the archive that it works on. */
  readonly at: string;
}

/** Lanes that are being drained: of one run, or of all. */
export interface LanesOrder {
  readonly consumer: string;
  readonly run?: string;
}

export interface Health {
  readonly status: 'ok';
  readonly stage: string;
  /** Workflows that runs can be started of. */
  readonly workflows: readonly string[];
}

/** Every route: what the gateway lets in and the API function answers. Path parameters in braces. */
export const API_ROUTES = [
  { method: 'GET', path: '/workflows/{name}' },
  { method: 'POST', path: '/workflows/{name}/runs' },
  { method: 'GET', path: '/runs' },
  { method: 'GET', path: '/runs/{id}' },
  { method: 'GET', path: '/runs/{id}/events' },
  { method: 'GET', path: '/runs/{id}/trace' },
  { method: 'GET', path: '/runs/{id}/payloads/{sha256}' },
  { method: 'GET', path: '/runs/{id}/diff/{other}' },
  { method: 'POST', path: '/runs/{id}/stop' },
  { method: 'POST', path: '/runs/{id}/resume' },
  { method: 'POST', path: '/runs/{id}/fork' },
  { method: 'POST', path: '/runs/{id}/approvals/{step}' },
  { method: 'POST', path: '/events' },
  { method: 'GET', path: '/consumers' },
  { method: 'POST', path: '/consumers/{name}/replays' },
  { method: 'GET', path: '/consumers/{name}/replays/{id}' },
  { method: 'POST', path: '/consumers/{name}/replays/{id}' },
  { method: 'POST', path: '/consumers/{name}/rebuilds' },
  { method: 'POST', path: '/consumers/{name}/lanes' },
  { method: 'GET', path: '/dead-letters' },
  { method: 'GET', path: '/dead-letters/{id}' },
  { method: 'POST', path: '/dead-letters/{id}/redrive' },
  { method: 'GET', path: '/fleet' },
  { method: 'GET', path: '/quotas' },
  { method: 'POST', path: '/quotas/{name}' },
  { method: 'GET', path: '/health' },
] as const;
