import { SignalboxError } from '#runtime/contracts/errors.ts';
import { boundedJson, CAUSE_MAX_BYTES, cutUtf8, STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type {
  ExecutionDescription,
  Orchestrator,
  System,
  TaskAnswer,
  TaskCallback,
} from '#runtime/ports.ts';

/** The execution cannot be started: there is no such workflow, or the name is not allowed. */
class StartRefusedError extends SignalboxError {
  override readonly name = 'StartRefusedError';
  readonly code = 'START_REFUSED';
}

/** How a task was answered; the same parts that Step Functions hands on to the workflow. */
export type RecordedAnswer =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

/** Open tasks in memory. A token is answered once; afterwards, or once closed, it is superseded. */
export class MemoryTaskCallback implements TaskCallback {
  readonly #open = new Set<string>();
  readonly #answers = new Map<string, RecordedAnswer>();

  async succeed(answer: {
    readonly taskToken: string;
    readonly output: unknown;
  }): Promise<TaskAnswer> {
    const text = boundedJson("the step's output", answer.output, STATE_MAX_BYTES);
    return this.#answer(answer.taskToken, { kind: 'succeeded', output: JSON.parse(text) });
  }

  async fail(answer: {
    readonly taskToken: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<TaskAnswer> {
    const { taskToken, error, cause } = answer;
    return this.#answer(taskToken, {
      kind: 'failed',
      error,
      cause: cutUtf8(cause, CAUSE_MAX_BYTES),
    });
  }

  /** For tests: a workflow begins to wait for this token. */
  open(taskToken: string): void {
    this.#open.add(taskToken);
  }

  /** For tests: the workflow no longer waits (timeout, stop, a newer attempt). */
  close(taskToken: string): void {
    this.#open.delete(taskToken);
  }

  /** For tests: how the task was answered; `null` while it was not. */
  answerTo(taskToken: string): RecordedAnswer | null {
    return this.#answers.get(taskToken) ?? null;
  }

  #answer(taskToken: string, answer: RecordedAnswer): TaskAnswer {
    if (!this.#open.delete(taskToken)) return 'superseded';
    this.#answers.set(taskToken, answer);
    return 'answered';
  }
}

const EXECUTION_NAME = /^[0-9A-Za-z_-]{1,80}$/;

/** An execution as it was started, and as it stands. */
interface Execution {
  readonly inputText: string;
  description: ExecutionDescription;
}

interface ExecutionName {
  readonly workflow: string;
  readonly executionName: string;
}

/** Executions in memory, by workflow and name. They run until they are stopped, or ended by `end`. */
export class MemoryOrchestrator implements Orchestrator {
  readonly #workflows: ReadonlySet<string>;
  readonly #system: Pick<System, 'now'>;
  readonly #executions = new Map<string, Execution>();

  constructor(workflows: readonly string[], system: Pick<System, 'now'>) {
    this.#workflows = new Set(workflows);
    this.#system = system;
  }

  async start(run: {
    readonly workflow: string;
    readonly executionName: string;
    readonly input: unknown;
  }): Promise<'started' | 'already-started'> {
    const { workflow, executionName } = run;
    if (!this.#workflows.has(workflow) || !EXECUTION_NAME.test(executionName)) {
      throw new StartRefusedError(
        `cannot start execution "${executionName}" of workflow "${workflow}"; deployed: ${[...this.#workflows].join(', ')}; a name has 1 to 80 letters, digits, "-" and "_"`,
      );
    }
    const inputText = boundedJson("the execution's input", run.input, STATE_MAX_BYTES);
    if (this.#find(run)) return 'already-started';
    const description = { status: 'RUNNING', startMs: this.#system.now() };
    this.#executions.set(keyOf(run), { inputText, description });
    return 'started';
  }

  async stop(execution: {
    readonly workflow: string;
    readonly executionName: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<'stopped' | 'not-running'> {
    const { error, cause } = execution;
    if (this.#find(execution)?.description.status !== 'RUNNING') return 'not-running';
    this.end(execution, { status: 'ABORTED', error, cause: cutUtf8(cause, CAUSE_MAX_BYTES) });
    return 'stopped';
  }

  async describe(execution: ExecutionName): Promise<ExecutionDescription | null> {
    return this.#find(execution)?.description ?? null;
  }

  /** For tests: a running execution ends so, now. */
  end(
    execution: ExecutionName,
    end: Pick<ExecutionDescription, 'status' | 'output' | 'error' | 'cause'>,
  ): void {
    const found = this.#find(execution);
    if (found?.description.status !== 'RUNNING') throw new TypeError('no such execution runs');
    const { startMs } = found.description;
    found.description = { ...end, startMs, stopMs: this.#system.now() };
  }

  /** For tests: the execution is forgotten, as after its retention. */
  forget(execution: ExecutionName): void {
    this.#executions.delete(keyOf(execution));
  }

  /** For tests: the input of a started execution; `null` when there is none. */
  inputOf(workflow: string, executionName: string): unknown {
    const found = this.#find({ workflow, executionName });
    return found ? JSON.parse(found.inputText) : null;
  }

  #find(execution: ExecutionName): Execution | undefined {
    return this.#executions.get(keyOf(execution));
  }
}

const keyOf = ({ workflow, executionName }: ExecutionName): string =>
  `${workflow}:${executionName}`;
