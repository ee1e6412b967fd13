/** Samples of what the door works on; each test names only what it is about. */
import { type Failure, RetryableError } from '#runtime/contracts/errors.ts';
import type { RunRecord, StepOutcome, StepRecord, StepResult } from '#runtime/contracts/ledger.ts';
import type { AttemptId, Reaction, TaskMessage } from '#runtime/contracts/task-message.ts';
import { failureOf } from '#runtime/core/failure.ts';
import { hash } from '#runtime/core/hash.ts';
import type { QueueMessage } from '#runtime/ports.ts';

export const NOW = Date.UTC(2026, 0, 1);
export const AGENT = 'test-agent';

const at = (ms: number): string => new Date(ms).toISOString();

export const attempt = (retry = 0, gen = 0, redrive = 0): AttemptId => ({ gen, redrive, retry });

export interface MessageParts {
  readonly run?: string;
  readonly path?: string;
  readonly attempt?: AttemptId;
  readonly input?: unknown;
  readonly taskToken?: string;
  readonly deadlineMs?: number;
  readonly maxAttempts?: number;
  readonly inlineBytes?: number;
}

/** A message of a workflow's step: somebody waits for its answer. */
export type AwaitedMessage = TaskMessage & { readonly taskToken: string };

export function taskMessage(parts: MessageParts = {}): AwaitedMessage {
  const { gen, redrive, retry } = parts.attempt ?? attempt();
  const id = parts.run ?? 'run-1';
  return {
    schemaVersion: 1,
    run: {
      id,
      root: id,
      gen,
      tenant: 'default',
      workflow: 'test',
      defVersion: 'v1',
      deadlineAt: at(parts.deadlineMs ?? NOW + 3_600_000),
      traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    },
    step: {
      path: parts.path ?? 'answer',
      kind: 'agent',
      agent: AGENT,
      attempt: { redrive, retry },
      maxAttempts: parts.maxAttempts ?? 4,
      enteredAt: at(NOW - 500),
      inlineBytes: parts.inlineBytes ?? 65_536,
    },
    input: parts.input ?? { query: 'why?' },
    taskToken: parts.taskToken ?? `token-${id}-${gen}.${redrive}.${retry}`,
  };
}

/** A message of a reaction: nobody waits for its answer. */
export function reactionMessage(
  parts: MessageParts & { readonly reaction?: Partial<Reaction> } = {},
): TaskMessage {
  const { taskToken: _, ...message } = taskMessage(parts);
  const reaction = { cause: 'event-2', origin: 'event-1', hops: 2, ...parts.reaction };
  return { ...message, reaction };
}

/** A message for a queue. */
export const queued = (body: string, delaySeconds = 0): QueueMessage => ({
  body,
  delaySeconds,
  group: 'default',
});

export const inputHash = (message: TaskMessage = taskMessage()): string => hash(message.input);

export function stepRecord(parts: Partial<StepRecord> = {}): StepRecord {
  return {
    run: 'run-1',
    path: 'answer',
    rev: 1,
    agent: AGENT,
    contractVersion: 1,
    inputHash: inputHash(),
    attempt: attempt(),
    fence: 1,
    leaseUntilMs: NOW,
    starts: 1,
    queuedAt: at(NOW - 500),
    started: [],
    outcomes: [],
    ...parts,
  };
}

export const retryable = (message = 'try again'): Failure => failureOf(new RetryableError(message));

export const success = (output: unknown = { ok: true }): StepResult => ({
  status: 'succeeded',
  output,
});

export const failedWith = (failure: Failure = retryable()): StepResult => ({
  status: 'failed',
  failure,
});

export function stepOutcome(parts: Partial<StepOutcome> = {}): StepOutcome {
  return {
    attempt: attempt(),
    fence: 1,
    endedAt: at(NOW),
    result: success(),
    events: [],
    ...parts,
  };
}

export function runRecord(parts: Partial<RunRecord> = {}): RunRecord {
  return {
    run: 'run-1',
    rev: 1,
    root: 'run-1',
    gen: 0,
    tenant: 'default',
    workflow: 'test',
    defVersion: 'v1',
    input: {},
    inputHash: hash({}),
    tags: {},
    traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    acceptedAt: at(NOW - 1000),
    deadlineAt: at(NOW + 3_600_000),
    progress: 'announced',
    ...parts,
  };
}
