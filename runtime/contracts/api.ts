/**
 * What the HTTP API says: shapes shared by the API function, the client, the CLI and the tests.
 * All times are ISO 8601 in UTC, all durations milliseconds.
 */
import type { Failure } from './errors.ts';
import type { SignalboxEvent } from './event.ts';
import type { RunStatus, StepStatus } from './status.ts';

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
  /** Names the request in the API's logs. */
  readonly requestId?: string;
}

export interface FieldProblem {
  /** `customerId`, `items[2].name`; `$` is the whole input. */
  readonly field: string;
  /** What was got and what is allowed. */
  readonly problem: string;
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

export interface StepView {
  readonly path: string;
  readonly agent: string;
  readonly status: StepStatus;
  /** Attempts begun, 1 or more once the step runs. */
  readonly attempts: number;
  /** Claims over all attempts: more than `attempts` means that workers were lost. */
  readonly starts: number;
  readonly queuedAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** Waiting in the queue, summed over attempts. */
  readonly queuedMs: number;
  /** From first claim to end, summed over attempts. */
  readonly runMs: number;
  /** Of the last attempt, while no later one has begun. */
  readonly failure?: FailureView;
}

/** A failure as an event carries it; a newer worker may know more codes than the reader. */
export type FailureView = Omit<Failure, 'code'> & { readonly code: string };

export interface RunView extends RunSummary {
  readonly deadlineAt: string;
  /** One sentence that says how the run goes or went. */
  readonly sentence: string;
  readonly steps: readonly StepView[];
  /** Present when succeeded; left out when its event could not carry it (398 KiB of JSON). */
  readonly output?: unknown;
  /** Present when ended otherwise. */
  readonly error?: { readonly name: string; readonly cause: string };
}

export interface TraceCall {
  readonly call: string;
  readonly kind: 'model' | 'effect' | 'tool';
  /** `lost`: its worker died before a result was recorded; `uncertain`: an effect, and nobody knows whether it happened. */
  readonly status: 'running' | 'succeeded' | 'failed' | 'lost' | 'uncertain';
  readonly startedAt: string;
  readonly durationMs?: number;
  /** The model that answered, as the provider spells it. */
  readonly model?: string;
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

/**
 * One attempt of one step, as a bar of the waterfall.
 * `queuedMs + modelMs + effectMs + ownMs` is the whole of it; calls at the same time count once.
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
  readonly modelMs: number;
  readonly effectMs: number;
  readonly ownMs: number;
  /** The part of `ownMs` that went with lost workers: until another one took over for good. */
  readonly lostMs: number;
  readonly calls: readonly TraceCall[];
}

export interface Trace {
  readonly run: string;
  readonly sentence: string;
  readonly status: RunStatus;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly totalMs: number;
  readonly spans: readonly TraceSpan[];
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

export interface Health {
  readonly status: 'ok';
  readonly stage: string;
  /** Workflows that runs can be started of. */
  readonly workflows: readonly string[];
}

/** Every route: what the gateway lets in and the API function answers. Path parameters in braces. */
export const API_ROUTES = [
  { method: 'POST', path: '/workflows/{name}/runs' },
  { method: 'GET', path: '/runs' },
  { method: 'GET', path: '/runs/{id}' },
  { method: 'GET', path: '/runs/{id}/events' },
  { method: 'GET', path: '/runs/{id}/trace' },
  { method: 'GET', path: '/health' },
] as const;
