/**
 * Step Functions: executions of the synthesised machines, interpreted in virtual time; their tasks wait
 * for tokens, and each change of an execution's status is told.
 *
 * Boundary: what the runtime may ask of it, and nothing of what the runtime thinks.
 */
import { MemoryTaskCallback, type RecordedAnswer } from '#runtime/adapters/memory/orchestrator.ts';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { boundedJson, STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type {
  ExecutionDescription,
  ExecutionReader,
  Orchestrator,
  System,
  TaskAnswer,
  TaskCallback,
} from '#runtime/ports.ts';
import { execute } from '#runtime/testing/interpreter/execution.ts';
import type { TaskResult } from '#runtime/testing/interpreter/visit.ts';
import type { Evidence } from './evidence.ts';
import type { Faults } from './faults.ts';
import type { Machines } from './machines.ts';
import type { Random } from './random.ts';

interface Execution {
  readonly workflow: string;
  readonly name: string;
  readonly inputText: string;
  readonly startMs: number;
  readonly stopping: AbortController;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  stopMs?: number;
  output?: string;
  error?: string;
  cause?: string;
}

interface OpenTask {
  readonly message: TaskMessage;
  readonly answer: (answer: RecordedAnswer) => void;
}

interface Surroundings {
  readonly system: System;
  readonly random: Random;
  readonly faults: Faults;
  readonly evidence: Evidence;
  readonly machines: Machines;
  /** Puts a task's message into the queue of its agent. */
  readonly send: (message: TaskMessage) => void;
  /** Tells a change of an execution's status, as EventBridge words it. */
  readonly tell: (change: unknown) => void;
}

/** After so long a description is what it describes. */
const SETTLED_MS = 5000;

const ARN = 'arn:aws:states:eu-west-1:123456789012:execution:signalbox-test';

export class StepFunctions {
  readonly #around: Surroundings;
  readonly #executions = new Map<string, Execution>();
  readonly #tasks = new MemoryTaskCallback();
  readonly #open = new Map<string, OpenTask>();
  /** Every task that there was, by token. */
  readonly #messages = new Map<string, TaskMessage>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  readonly orchestrator: Orchestrator = {
    start: async ({ workflow, executionName: name, input }) => {
      const inputText = boundedJson("the execution's input", input, STATE_MAX_BYTES);
      if (this.#executions.has(name)) return 'already-started';
      const startMs = this.#around.system.now();
      const stopping = new AbortController();
      const execution: Execution = {
        workflow,
        name,
        inputText,
        startMs,
        stopping,
        status: 'RUNNING',
      };
      this.#executions.set(name, execution);
      this.#changed(execution);
      void this.#execute(execution);
      return 'started';
    },
    stop: async ({ executionName, error, cause }) => {
      const execution = this.#executions.get(executionName);
      if (execution?.status !== 'RUNNING') return 'not-running';
      execution.stopping.abort(new RangeError('stopped'));
      this.#end(execution, { status: 'ABORTED', error, cause });
      return 'stopped';
    },
    describe: async ({ executionName }) => this.#describe(executionName),
  };

  readonly reader: ExecutionReader = {
    describe: async (arn) => this.#describe(arn.split(':').at(-1) ?? ''),
  };

  /** The callback, as a container has it. */
  callback(by: string): TaskCallback {
    const answered = (
      token: string,
      answer: RecordedAnswer,
      give: () => Promise<TaskAnswer>,
    ): Promise<TaskAnswer> => this.#answered(by, token, answer, give);
    return {
      succeed: (answer) =>
        answered(answer.taskToken, { kind: 'succeeded', output: answer.output }, () =>
          this.#tasks.succeed(answer),
        ),
      fail: (answer) =>
        answered(
          answer.taskToken,
          { kind: 'failed', error: answer.error, cause: answer.cause },
          () => this.#tasks.fail(answer),
        ),
    };
  }

  /** True while a workflow waits for this token. */
  waitsFor(token: string): boolean {
    return this.#open.has(token);
  }

  get executions(): readonly Execution[] {
    return [...this.#executions.values()];
  }

  /** Eventually consistent: what has just happened may not be told yet. */
  #describe(name: string): ExecutionDescription | null {
    const { faults } = this.#around;
    const execution = this.#executions.get(name);
    if (!execution) return null;
    const { status, startMs, stopMs, output, error, cause } = execution;
    const isFresh = this.#around.system.now() - (stopMs ?? 0) < SETTLED_MS;
    if (isFresh && faults.strikes('stale-description')) return { status: 'RUNNING', startMs };
    return {
      status,
      startMs,
      ...(stopMs !== undefined && { stopMs }),
      ...(output !== undefined && { output }),
      ...(error !== undefined && { error }),
      ...(cause !== undefined && { cause }),
    };
  }

  async #execute(execution: Execution): Promise<void> {
    const { machines, system, random } = this.#around;
    const machine = machines.get(execution.workflow);
    if (!machine) throw new TypeError(`no machine "${execution.workflow}"`);
    const ended = await execute(machine, {
      input: JSON.parse(execution.inputText),
      name: execution.name,
      dispatch: (body, attempt) => this.#dispatch(execution, body as TaskMessage, attempt.signal),
      // Step Functions knows whole milliseconds only.
      time: { now: () => system.now(), sleep: (ms, abort) => system.sleep(Math.ceil(ms), abort) },
      random: () => random.next(),
      signal: execution.stopping.signal,
    }).catch((error: unknown) => {
      if (execution.stopping.signal.aborted) return null;
      throw error;
    });
    if (ended === null) return;
    if (ended.status === 'succeeded') {
      this.#end(execution, { status: 'SUCCEEDED', output: JSON.stringify(ended.output) });
    } else {
      this.#end(execution, { status: 'FAILED', error: ended.error, cause: ended.cause });
    }
  }

  #end(execution: Execution, end: Pick<Execution, 'status' | 'output' | 'error' | 'cause'>): void {
    Object.assign(execution, end, { stopMs: this.#around.system.now() });
    this.#changed(execution);
  }

  /** Tokens are numbered per execution; here they have to be different over all. */
  async #dispatch(
    { name }: Execution,
    body: TaskMessage,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    const { system, random } = this.#around;
    const token = `${name}/${body.taskToken}`;
    const message = { ...body, taskToken: token };
    const { promise, resolve } = Promise.withResolvers<TaskResult>();
    this.#tasks.open(token);
    this.#open.set(token, { message, answer: resolve });
    this.#messages.set(token, message);
    signal.addEventListener('abort', () => {
      this.#tasks.close(token);
      this.#open.delete(token);
    });
    await system.sleep(random.between(1, 60));
    this.#around.send(message);
    return promise;
  }

  async #answered(
    by: string,
    token: string,
    answer: RecordedAnswer,
    give: () => Promise<TaskAnswer>,
  ): Promise<TaskAnswer> {
    const { faults, evidence } = this.#around;
    if (faults.strikes('answer-throttled')) throw new ThrottledError('too many answers');
    const message = this.#messages.get(token);
    const isTaken = (await give()) === 'answered';
    if (message) evidence.add(by, { kind: 'answered', token, message, answer, isTaken });
    const given = this.#tasks.answerTo(token);
    if (isTaken && given) this.#open.get(token)?.answer(given);
    this.#open.delete(token);
    return isTaken ? 'answered' : 'superseded';
  }

  #changed(execution: Execution): void {
    const { workflow, name, status, startMs, stopMs, output, error, cause } = execution;
    this.#around.evidence.add('step-functions', {
      kind: 'execution',
      workflow,
      name,
      status,
      ...(output !== undefined && { output: JSON.parse(output) }),
      ...(error !== undefined && { error }),
    });
    // Some clouds tell an end without its output or its error: then the execution has to be asked.
    const isBare = this.#around.random.chance(0.3);
    this.#around.tell({
      detail: {
        executionArn: `${ARN}-${workflow}:${name}`,
        name,
        status,
        startDate: startMs,
        stopDate: stopMs ?? null,
        output: isBare ? null : (output ?? null),
        error: isBare ? null : (error ?? null),
        cause: isBare ? null : (cause ?? null),
      },
    });
  }
}
