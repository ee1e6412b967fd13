/**
 * Runs an agent in process: its own code behind the real door, on memory adapters, with a scripted model.
 *
 * Boundary: one attempt of one step. Time stands still, so nothing times out; whatever else the agent
 * does (files, HTTP) it really does.
 */
import type { SQSEvent } from 'aws-lambda';
import type * as z from 'zod/v4/core';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { type AgentContract, agentSettings, type Schema } from '#runtime/contracts/agent.ts';
import { type ErrorCode, type Failure, SignalboxError } from '#runtime/contracts/errors.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import type { StepRecord, StepResult } from '#runtime/contracts/ledger.ts';
import { INLINE_BYTES, SCHEMA_VERSION, type TaskMessage } from '#runtime/contracts/task-message.ts';
import { DEFAULT_TENANT } from '#runtime/contracts/tenant.ts';
import { effectCall, idempotencyKey } from '#runtime/core/effect.ts';
import { failed, failure } from '#runtime/core/failure.ts';
import { hash } from '#runtime/core/hash.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { handleBatch } from '#runtime/lambda/door.ts';
import { RunPayloads } from '#runtime/lambda/run-payloads.ts';
import type { AgentHandler } from '#runtime/lambda/serve-agent.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { PayloadStore } from '#runtime/ports.ts';
import { type ModelScript, ScriptedModel } from './scripted-model.ts';

export interface AgentRunOptions {
  /** Answers model calls. @default - a model call fails */
  readonly model?: ModelScript;
  /** How earlier attempts failed, oldest first: what `ctx.attempts` shows. @default - none */
  readonly attempts?: readonly {
    readonly error: { readonly code: ErrorCode; readonly message: string };
  }[];
  /** Results of effects that an earlier attempt has recorded, by name: they are replayed, not performed. @default - none */
  readonly recorded?: Readonly<Record<string, unknown>>;
  /** The instant at which the attempt begins, and stays. @default 2026-01-01T00:00:00Z */
  readonly now?: Date;
}

export type AgentRun<Output> = {
  /** What the model was asked, in order. */
  readonly prompts: readonly string[];
  /** Effects with a recorded result, replayed ones first. */
  readonly effects: readonly {
    readonly name: string;
    readonly key: string;
    readonly result: unknown;
  }[];
  /** Domain events that the agent emitted, in order. */
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
} & (
  | { readonly status: 'succeeded'; readonly output: Output; readonly failure?: undefined }
  | {
      readonly status: Exclude<StepResult['status'], 'succeeded'>;
      readonly failure: Failure;
      readonly output?: undefined;
    }
);

/** The door did not come to an outcome; the message says what it complained about. */
export class AgentRunError extends SignalboxError {
  override readonly name = 'AgentRunError';
  readonly code = 'AGENT_RUN_FAILED';
}

/**
 * Runs one attempt of an agent.
 * @throws AgentRunError when the attempt came to no outcome
 */
export async function runAgent<
  Name extends string,
  I extends Schema,
  O extends Schema,
  E extends EventTypes,
  P extends Schema,
>(
  handler: Pick<AgentHandler<Name, I, O, E, P>, 'contract' | 'run'>,
  input: z.input<I>,
  options: AgentRunOptions = {},
): Promise<AgentRun<z.output<O>>> {
  const code = agentCode(handler.contract, handler.run);
  const system = new VirtualSystem(options.now ? { startMs: options.now.getTime() } : {});
  const ledger = new MemoryLedger();
  const model = new ScriptedModel(options.model);
  const events = new MemoryEventLog();
  const payloads = new MemoryPayloadStore();
  const message = messageFor(code.contract, input, system.now(), options.attempts?.length ?? 0);
  await remember(ledger, message, agentSettings(code.contract).version, options);
  const complaints: string[] = [];
  const ports = {
    ...ledger,
    events,
    model,
    system,
    queue: new MemoryWorkQueue(system, { visibilitySeconds: 60, maxReceiveCount: 1 }),
    tasks: new MemoryTaskCallback(),
    payloads,
    telemetry: {
      ...SILENT,
      log: (_level: string, text: string, fields: Readonly<Record<string, unknown>> = {}) => {
        complaints.push(`${text} ${String(fields.error ?? '')}`);
      },
    },
  };
  await handleBatch(code, ports, deliveryOf(message, system.now()), {
    getRemainingTimeInMillis: () => LAMBDA_MAX_MS,
  });
  const outcome = ledger.step(keyOf(message))?.outcomes.at(message.step.attempt.retry);
  if (!outcome) {
    throw new AgentRunError(`the attempt came to no outcome: ${complaints.join('; ')}`);
  }
  return {
    prompts: model.prompts,
    effects: effectsOf(ledger, message),
    events: events.events
      .filter(({ type }) => !type.startsWith('signalbox.'))
      .map(({ type, data }) => ({ type, data })),
    ...outcomeOf<z.output<O>>(await whole(outcome.result, payloads)),
  };
}

const LAMBDA_MAX_MS = 900_000;
const RUN = 'test-run';
const PATH = 'step';

const keyOf = ({ run, step }: TaskMessage) => ({ run: run.id, path: step.path });

function messageFor(
  contract: AgentContract,
  input: unknown,
  nowMs: number,
  retry: number,
): TaskMessage {
  return {
    schemaVersion: SCHEMA_VERSION,
    run: {
      id: RUN,
      root: RUN,
      gen: 0,
      tenant: DEFAULT_TENANT,
      workflow: 'test',
      defVersion: 'test',
      deadlineAt: new Date(nowMs + LAMBDA_MAX_MS).toISOString(),
      traceparent: '00-00000000000000000000000000000001-0000000000000001-01',
    },
    step: {
      path: PATH,
      kind: 'agent',
      agent: contract.name,
      attempt: { redrive: 0, retry },
      maxAttempts: Math.max(agentSettings(contract).retries, retry) + 1,
      enteredAt: new Date(nowMs).toISOString(),
      inlineBytes: INLINE_BYTES,
    },
    input,
    taskToken: 'test-token',
  };
}

/** Writes what earlier attempts have left behind: a claim, its calls, then how they ended. */
async function remember(
  ledger: MemoryLedger,
  message: TaskMessage,
  contractVersion: number,
  { attempts = [], recorded = {} }: AgentRunOptions,
): Promise<void> {
  if (attempts.length === 0 && Object.keys(recorded).length === 0) return;
  const key = keyOf(message);
  const at = Date.parse(message.step.enteredAt);
  const claimed: StepRecord = {
    ...key,
    rev: 1,
    agent: message.step.agent,
    contractVersion,
    inputHash: hash(message.input),
    attempt: { gen: 0, redrive: 0, retry: Math.max(attempts.length - 1, 0) },
    fence: Math.max(attempts.length, 1),
    leaseUntilMs: at,
    starts: 1,
    queuedAt: message.step.enteredAt,
    started: [],
    outcomes: [],
  };
  await ledger.steps.put({ record: claimed, expectedRev: null });
  for (const [name, result] of Object.entries(recorded)) {
    const call = effectCall(name);
    const entry = { state: 'succeeded', result, events: [] } as const;
    const record = { ...key, call, rev: 1, fence: claimed.fence, ...entry };
    await ledger.calls.put({ record, expectedRev: null });
  }
  const outcomes = attempts.map(({ error }, retry) => ({
    attempt: { gen: 0, redrive: 0, retry },
    fence: retry + 1,
    endedAt: new Date(at).toISOString(),
    result: failed(failure(error.code, error.message)),
    events: [],
  }));
  await ledger.steps.put({ record: { ...claimed, rev: 2, outcomes }, expectedRev: 1 });
}

function deliveryOf(message: TaskMessage, nowMs: number): SQSEvent {
  return {
    Records: [
      {
        messageId: 'test-message',
        receiptHandle: 'test-receipt',
        body: JSON.stringify(message),
        attributes: {
          ApproximateReceiveCount: '1',
          ApproximateFirstReceiveTimestamp: String(nowMs),
          SentTimestamp: String(nowMs),
          SenderId: 'test',
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: '',
        awsRegion: '',
      },
    ],
  };
}

const effectsOf = (ledger: MemoryLedger, message: TaskMessage) =>
  ledger.callsOf(keyOf(message)).flatMap(({ call, state, result }) => {
    if (!call.startsWith('effect:') || state !== 'succeeded') return [];
    const name = call.slice('effect:'.length);
    return [{ name, key: idempotencyKey(RUN, PATH, name), result }];
  });

/** A result as the agent gave it: what it would give by reference is in its place again. */
async function whole(result: StepResult, store: PayloadStore): Promise<StepResult> {
  if (result.status !== 'succeeded') return result;
  const payloads = new RunPayloads(store, { tenant: DEFAULT_TENANT, root: RUN });
  return { ...result, output: await payloads.resolve(result.output) };
}

const outcomeOf = <Output>(result: StepResult) =>
  result.status === 'succeeded'
    ? // Checked by the contract's schema on its way into the ledger.
      { status: result.status, output: result.output as Output }
    : result;
