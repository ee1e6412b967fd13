/**
 * Runs an agent in process: its own code behind the real door, on memory adapters, with a scripted model.
 *
 * Boundary: one attempt of one step. Time stands still, so nothing times out; whatever else the agent
 * does (files, HTTP) it really does. Quotas hold nothing back.
 */
import type { SQSEvent } from 'aws-lambda';
import type * as z from 'zod/v4/core';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { type AgentContract, agentSettings, type Schema } from '#runtime/contracts/agent.ts';
import { type ErrorCode, type Failure, SignalboxError } from '#runtime/contracts/errors.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import type { PartialOutput, StepResult } from '#runtime/contracts/ledger.ts';
import { INLINE_BYTES, SCHEMA_VERSION, type TaskMessage } from '#runtime/contracts/task-message.ts';
import { DEFAULT_TENANT } from '#runtime/contracts/tenant.ts';
import { idempotencyKey } from '#runtime/core/effect.ts';
import { isPartialEvent, partialOf } from '#runtime/core/partial-history.ts';
import { platformEvents } from '#runtime/core/platform-event.ts';
import { toolIdempotencyKey } from '#runtime/core/tool-call.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { handleBatch } from '#runtime/lambda/door.ts';
import { RunPayloads } from '#runtime/lambda/run-payloads.ts';
import type { AgentHandler } from '#runtime/lambda/serve-agent.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import type { PayloadStore } from '#runtime/ports.ts';
import { type RecordedCalls, rememberAttempts, rememberOrigin } from './agent-past.ts';
import { type ModelScript, ScriptedModel } from './scripted-model.ts';

export interface AgentRunOptions<P extends Schema = Schema> extends RecordedCalls {
  /** Answers model calls. @default - a model call fails */
  readonly model?: ModelScript;
  /** How earlier attempts failed, oldest first, and what they had to show: what `ctx.attempts` shows. @default - none */
  readonly attempts?: readonly {
    readonly error: { readonly code: ErrorCode; readonly message: string };
    readonly partial?: z.output<P>;
  }[];
  /** The run is a fork of one that has these results on record. @default - no fork */
  readonly fork?: RecordedCalls & {
    /** @default false: effects and tool calls that are not on record are refused */
    readonly liveEffects?: boolean;
  };
  /** The agent reacts to a past event, which a replay feeds it: effects and tool calls that are not on record are refused unless the replay has effects. @default - no replay */
  readonly replay?: { readonly hasEffects: boolean };
  /** The instant at which the attempt begins, and stays. @default 2026-01-01T00:00:00Z */
  readonly now?: Date;
}

/** A call with a recorded result. */
interface RunCall {
  readonly name: string;
  /** Its idempotency key. */
  readonly key: string;
  readonly result: unknown;
}

export type AgentRun<Output, Partial> = {
  /** What the model was asked, in order. */
  readonly prompts: readonly string[];
  /** Replayed ones first. */
  readonly effects: readonly RunCall[];
  /** Calls of tools, replayed ones first. */
  readonly tools: readonly RunCall[];
  /** Domain events that the agent emitted, in order. */
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
  /** What the agent has shown: all of the text, or the last value; absent when it showed nothing. */
  readonly partial?: Partial;
} & (
  | {
      readonly status: 'succeeded';
      readonly output: Output;
      readonly failure?: undefined;
      readonly deferral?: undefined;
    }
  | {
      readonly status: Exclude<StepResult['status'], 'succeeded'>;
      readonly failure: Failure;
      readonly output?: undefined;
      readonly deferral?: undefined;
    }
  /** Put off without a failure: the attempt would go on from `dueAt`. */
  | {
      readonly status: 'deferred';
      readonly deferral: { readonly code: string; readonly message: string; readonly dueAt: Date };
      readonly output?: undefined;
      readonly failure?: undefined;
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
  options: AgentRunOptions<P> = {},
): Promise<AgentRun<z.output<O>, z.output<P>>> {
  const code = agentCode(handler.contract, handler.run);
  const system = new VirtualSystem(options.now ? { startMs: options.now.getTime() } : {});
  const ledger = new MemoryLedger();
  const model = new ScriptedModel(options.model);
  const events = new MemoryEventLog();
  const payloads = new MemoryPayloadStore();
  const awaited = messageFor(code.contract, input, system.now(), options.attempts?.length ?? 0);
  const message = options.replay ? asReplayed(awaited, options.replay) : awaited;
  await rememberPast(ledger, message, code.contract, options);
  const complaints: string[] = [];
  const ports = {
    ...ledger,
    events,
    model,
    system,
    queue: new MemoryWorkQueue(system, { visibilitySeconds: 60, maxReceiveCount: 1 }),
    tasks: new MemoryTaskCallback(),
    payloads,
    quotas: new MemoryQuotaLedger(),
    limits: {},
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
  const end = await endOf<z.output<O>>(ledger, message, events, payloads);
  if (!end) throw new AgentRunError(`the attempt came to no outcome: ${complaints.join('; ')}`);
  return {
    prompts: model.prompts,
    effects: effectsOf(ledger, message),
    tools: toolsOf(ledger, message),
    events: events.events
      .filter(({ type }) => !type.startsWith('signalbox.'))
      .map(({ type, data }) => ({ type, data })),
    ...shownBy<z.output<P>>(events),
    ...end,
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

/** The message of a reaction that a replay asks for: nobody waits for its answer. */
const asReplayed = (
  { taskToken: _, ...message }: TaskMessage,
  { hasEffects }: { readonly hasEffects: boolean },
): TaskMessage => ({
  ...message,
  reaction: {
    cause: 'test-event',
    origin: 'test-event',
    hops: 1,
    replay: { id: 'test-replay', hasEffects },
  },
});

/** What the contract shows, as it is recorded. */
const partialFor = ({ partialOutput }: AgentContract, shown: unknown): PartialOutput =>
  partialOutput ? { value: shown } : { text: String(shown) };

async function rememberPast(
  ledger: MemoryLedger,
  message: TaskMessage,
  contract: AgentContract,
  { attempts = [], fork, ...calls }: AgentRunOptions,
): Promise<void> {
  const { version } = agentSettings(contract);
  const past = attempts.map(({ error, partial }) => ({
    error,
    ...(partial !== undefined && { partial: partialFor(contract, partial) }),
  }));
  await rememberAttempts(ledger, message, version, { ...calls, attempts: past });
  if (fork) await rememberOrigin(ledger, message, version, fork);
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

const effectsOf = (ledger: MemoryLedger, message: TaskMessage): readonly RunCall[] =>
  callsOf(ledger, message, 'effect:').map(({ rest, result }) => ({
    name: rest,
    key: idempotencyKey(RUN, PATH, rest),
    result,
  }));

const toolsOf = (ledger: MemoryLedger, message: TaskMessage): readonly RunCall[] =>
  callsOf(ledger, message, 'tool:').map(({ rest, result }) => {
    const [name = '', inputHash = '', occurrence] = rest.split(':');
    const key = toolIdempotencyKey(RUN, PATH, { name, inputHash, occurrence: Number(occurrence) });
    return { name, key, result };
  });

const callsOf = (ledger: MemoryLedger, message: TaskMessage, prefix: string) =>
  ledger
    .callsOf(keyOf(message))
    .filter(({ call, state }) => call.startsWith(prefix) && state === 'succeeded')
    .map(({ call, result }) => ({ rest: call.slice(prefix.length), result }));

/** The events hold the end of a text, too, which is recorded nowhere when the attempt succeeded. */
function shownBy<Shown>({ events }: MemoryEventLog): { readonly partial?: Shown } {
  const partial = partialOf(platformEvents(events).filter(isPartialEvent));
  if (!partial) return {};
  // Checked by the contract's schema when it was shown.
  return { partial: ('text' in partial ? partial.text : partial.value) as Shown };
}

/** How the attempt ended; `null` when it has no end on record. */
async function endOf<Output>(
  ledger: MemoryLedger,
  message: TaskMessage,
  { events }: MemoryEventLog,
  payloads: PayloadStore,
) {
  const outcome = ledger.step(keyOf(message))?.outcomes.at(message.step.attempt.retry);
  if (outcome) return outcomeOf<Output>(await whole(outcome.result, payloads));
  const deferred = platformEvents(events).find(({ type }) => type === 'signalbox.step.deferred');
  if (deferred?.type !== 'signalbox.step.deferred') return null;
  const { code, message: why, dueAt } = deferred.data;
  const deferral = { code, message: why, dueAt: new Date(dueAt) };
  return { status: 'deferred' as const, deferral };
}

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
