/**
 * A world around the door in virtual time: a queue, a ledger, a stream, tasks, and workers that die on
 * command.
 */
import './late-calls.ts';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryTaskCallback } from '#runtime/adapters/memory/orchestrator.ts';
import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue, type ReceivedMessage } from '#runtime/adapters/memory/work-queue.ts';
import type { RunRecord, StepOutcome } from '#runtime/contracts/ledger.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import { handleBatch } from '#runtime/lambda/door.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import type { LogFields, Telemetry } from '#runtime/lambda/telemetry.ts';
import type { QuotaLedger } from '#runtime/ports.ts';
import { ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { NOW, queued, runRecord } from './steps.ts';

/** As the queue of an agent with a timeout of 60 s. */
const QUEUE = { visibilitySeconds: 450, maxReceiveCount: 12 };
const FUNCTION_TIMEOUT_MS = 75_000;

export class DoorWorld {
  readonly system = new VirtualSystem({ startMs: NOW });
  readonly ledger = new MemoryLedger();
  readonly events = new MemoryEventLog();
  readonly queue = new MemoryWorkQueue(this.system, QUEUE);
  readonly tasks = new MemoryTaskCallback();
  readonly model = new ScriptedModel(() => ({ reply: 'yes' }));
  readonly payloads = new MemoryPayloadStore();
  readonly quotas: QuotaLedger = new MemoryQuotaLedger();
  /** Of the stage's quotas. */
  limits: DoorPorts['limits'] = {};
  readonly logs: { readonly level: string; readonly text: string; readonly fields: LogFields }[] =
    [];

  get ports(): DoorPorts {
    return {
      steps: this.ledger.steps,
      calls: this.ledger.calls,
      budgets: this.ledger.budgets,
      deadLetters: this.ledger.deadLetters,
      events: this.events,
      queue: this.queue,
      tasks: this.tasks,
      model: this.model,
      payloads: this.payloads,
      quotas: this.quotas,
      limits: this.limits,
      system: this.system,
      telemetry: this.#telemetry(),
    };
  }

  /** The workflow dispatches a step and waits for its answer. */
  dispatch(message: TaskMessage): void {
    if (message.taskToken !== undefined) this.tasks.open(message.taskToken);
    void this.queue.send(queued(JSON.stringify(message)));
  }

  /** Writes the run's record, or changes the one that is there. */
  async control(parts: Partial<RunRecord> = {}, run = 'run-1'): Promise<void> {
    const current = await this.ledger.runs.read(run);
    const record = { ...(current ?? runRecord({ run, root: run })), ...parts };
    const expectedRev = current?.rev ?? null;
    await this.ledger.runs.put({ record: { ...record, rev: (expectedRev ?? 0) + 1 }, expectedRev });
  }

  stop(run = 'run-1'): Promise<void> {
    const at = new Date(this.system.now()).toISOString();
    return this.control({ stop: { at, reason: '' } }, run);
  }

  /** One worker takes what is visible, works on it, and deletes what it did not return. */
  async work(code: AgentCode, options: WorkOptions = {}): Promise<SQSBatchResponse> {
    const untilMs = this.system.now() + (options.remainingMs ?? FUNCTION_TIMEOUT_MS);
    const remaining = { getRemainingTimeInMillis: () => untilMs - this.system.now() };
    return this.invoke(
      (event) => handleBatch(code, options.ports ?? this.ports, event, remaining),
      options.received,
      options.ack,
    );
  }

  /** As the event source: hands out messages, deletes those that the handler did not return. */
  async invoke(
    handler: (event: SQSEvent) => Promise<SQSBatchResponse>,
    received: readonly ReceivedMessage[] = this.queue.receive(),
    ack: WorkOptions['ack'] = 'given',
  ): Promise<SQSBatchResponse> {
    const response = await handler(batchOf(received));
    const returned = new Set(response.batchItemFailures.map((item) => item.itemIdentifier));
    for (const { messageId, receiptHandle } of received) {
      if (ack === 'given' && !returned.has(messageId)) this.queue.delete(receiptHandle);
    }
    return response;
  }

  /** As `work`, with as much virtual time as it takes. */
  run(code: AgentCode, options: WorkOptions = {}): Promise<SQSBatchResponse> {
    return this.system.run(this.work(code, options));
  }

  outcomes(path = 'answer', run = 'run-1'): readonly StepOutcome[] {
    return this.ledger.step({ run, path })?.outcomes ?? [];
  }

  /** Types of the events in the stream, each event once. */
  eventTypes(): readonly string[] {
    return [...new Map(this.events.events.map(({ id, type }) => [id, type])).values()];
  }

  #telemetry(): Telemetry {
    return {
      log: (level, text, fields = {}) => this.logs.push({ level, text, fields }),
      count: () => undefined,
      measure: () => undefined,
      flush: () => undefined,
    };
  }
}

export interface WorkOptions {
  readonly ports?: DoorPorts;
  /** What the function has left when it begins. @default 75 s */
  readonly remainingMs?: number;
  /** @default - what the queue hands out now */
  readonly received?: readonly ReceivedMessage[];
  /** Whether the queue hears what is done. @default 'given' */
  readonly ack?: 'given' | 'lost';
}

const batchOf = (received: readonly ReceivedMessage[]): SQSEvent => ({
  Records: received.map(({ messageId, receiptHandle, body, receiveCount }) => ({
    messageId,
    receiptHandle,
    body,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      ApproximateFirstReceiveTimestamp: String(NOW),
      SentTimestamp: String(NOW),
      SenderId: 'test',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: '',
    awsRegion: '',
  })),
});

/**
 * A worker's life: it ends at a number of its interactions with the world, just before or just after
 * the interaction has happened. A dead worker does nothing any more, and notices nothing of it.
 */
export class Life {
  readonly #death: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
  readonly #died = Promise.withResolvers<'died'>();
  #interactions = 0;
  #isOver = false;

  constructor(death?: { readonly at: number; readonly when: 'before' | 'after' }) {
    this.#death = death;
  }

  /** Resolves when the worker has died. */
  get died(): Promise<'died'> {
    return this.#died.promise;
  }

  get interactions(): number {
    return this.#interactions;
  }

  /** Ends it from outside. */
  kill(): void {
    this.#isOver = true;
    this.#died.resolve('died');
  }

  /** The same ports, as long as the worker lives. */
  ports(ports: DoorPorts): DoorPorts {
    const { system } = ports;
    return {
      steps: this.#mortal(ports.steps),
      calls: this.#mortal(ports.calls),
      budgets: this.#mortal(ports.budgets),
      deadLetters: this.#mortal(ports.deadLetters),
      events: this.#mortal(ports.events),
      queue: this.#mortal(ports.queue),
      tasks: this.#mortal(ports.tasks),
      model: this.#mortal(ports.model),
      payloads: this.#mortal(ports.payloads),
      quotas: this.#mortal(ports.quotas),
      limits: ports.limits,
      telemetry: ports.telemetry,
      system: {
        now: () => system.now(),
        randomId: () => system.randomId(),
        sleep: async (ms, signal) => {
          await system.sleep(ms, signal);
          if (this.#isOver) await forever();
        },
      },
    };
  }

  /** One interaction with the world outside. */
  async live<T>(interact: () => Promise<T>): Promise<T> {
    this.#interactions += 1;
    const isLast = this.#interactions === this.#death?.at;
    if (isLast && this.#death?.when === 'before') this.kill();
    if (this.#isOver) return forever();
    const result = await interact();
    if (isLast) this.kill();
    return this.#isOver ? forever() : result;
  }

  #mortal<P extends object>(port: P): P {
    return new Proxy(port, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => this.live(async () => method.apply(target, args));
      },
    });
  }
}

const forever = (): Promise<never> => new Promise(() => undefined);
