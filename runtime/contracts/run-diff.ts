/** What the API says of two runs beside each other. */
import type { FailureView, ForkView, RunView, TokenCount, TraceCall } from './api.ts';
import type { RunStatus, StepStatus } from './status.ts';

/** What two runs did differently: `a` against `b`. */
export interface RunDiff {
  readonly a: RunInDiff;
  readonly b: RunInDiff;
  /** The runs' inputs are the same; `null` when the ledger no longer has both. */
  readonly sameInput: boolean | null;
  /** Both succeeded with the same output, or ended the same way otherwise; `null` while one goes on. */
  readonly sameResult: boolean | null;
  /** Where they went apart for the first time; `null` when they did not. */
  readonly divergence: Divergence | null;
  /** In the order in which the runs came to them. */
  readonly steps: readonly StepDiff[];
}

/** One of the two runs. */
export interface RunInDiff {
  readonly id: string;
  readonly workflow: string;
  readonly status: RunStatus;
  readonly sentence: string;
  readonly totalMs: number;
  readonly tokens: TokenCount;
  /** As of a `Cost`. */
  readonly usd?: number;
  readonly forkedFrom?: ForkView;
  readonly output?: unknown;
  readonly error?: RunView['error'];
}

/** What differs in a step: it was asked something else, asked its models and tools something else, ended otherwise; `presence`: one run did not come to it. */
export type Difference = 'presence' | 'input' | 'requests' | 'result';

export interface Divergence {
  readonly path: string;
  readonly differs: Difference;
}

export interface StepDiff {
  readonly path: string;
  /** Empty when both did the same. Durations and tokens are no difference. */
  readonly differs: readonly Difference[];
  /** Absent where the run did not come to it. */
  readonly a?: StepInDiff;
  readonly b?: StepInDiff;
}

export interface StepInDiff {
  readonly agent: string;
  readonly status: StepStatus;
  readonly attempts: number;
  readonly queuedMs: number;
  readonly deferredMs: number;
  readonly runMs: number;
  readonly tokens: TokenCount;
  readonly usd?: number;
  /** Absent when the event of its worker did not say. */
  readonly inputHash?: string;
  readonly outputHash?: string;
  readonly reusedFrom?: string;
  readonly failure?: FailureView;
  /** Of the newest attempt, in the order in which they began. */
  readonly calls: readonly CallInDiff[];
}

export interface CallInDiff {
  readonly call: string;
  readonly kind: TraceCall['kind'];
  readonly status: TraceCall['status'];
  /** Of a model call: hash of prompt, system, model and schema. */
  readonly requestHash?: string;
  readonly durationMs?: number;
  readonly usage?: TokenCount;
  readonly usd?: number;
}
