import { type SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { boundedJson, CAUSE_MAX_BYTES, cutUtf8, STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type { ExecutionDescription, Orchestrator, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';
import { describeExecution } from './describe-execution.ts';

const BACKOFF = { attempts: 5, baseMs: 100, capMs: 1000 };

/**
 * Starts, stops and describes executions of Step Functions. While an execution of the same name and
 * input runs, Step Functions takes a repeat for the first request, and so does the answer: `started`.
 */
export class StepFunctionsOrchestrator implements Orchestrator {
  readonly #client: SFNClient;
  readonly #arnPrefix: string;
  readonly #system: System;

  /** @param options.stateMachineArnPrefix what stands before a workflow's name in its state machine's ARN */
  constructor(options: {
    readonly client: SFNClient;
    readonly stateMachineArnPrefix: string;
    readonly system: System;
  }) {
    this.#client = options.client;
    this.#arnPrefix = options.stateMachineArnPrefix;
    this.#system = options.system;
  }

  async start(run: {
    readonly workflow: string;
    readonly executionName: string;
    readonly input: unknown;
  }): Promise<'started' | 'already-started'> {
    const command = new StartExecutionCommand({
      stateMachineArn: `${this.#arnPrefix}${run.workflow}`,
      name: run.executionName,
      input: boundedJson("the execution's input", run.input, STATE_MAX_BYTES),
    });
    try {
      await retryBusy(
        { system: this.#system, backoff: BACKOFF, what: 'starting an execution' },
        () => this.#client.send(command),
      );
      return 'started';
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionAlreadyExists') {
        return 'already-started';
      }
      throw error;
    }
  }

  async stop(execution: {
    readonly workflow: string;
    readonly executionName: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<'stopped' | 'not-running'> {
    const command = new StopExecutionCommand({
      executionArn: this.#executionArn(execution),
      error: execution.error,
      cause: cutUtf8(execution.cause, CAUSE_MAX_BYTES),
    });
    try {
      await retryBusy(
        { system: this.#system, backoff: BACKOFF, what: 'stopping an execution' },
        () => this.#client.send(command),
      );
      return 'stopped';
    } catch (error) {
      if (await this.#isOver(execution, error)) return 'not-running';
      throw error;
    }
  }

  describe(execution: {
    readonly workflow: string;
    readonly executionName: string;
  }): Promise<ExecutionDescription | null> {
    return describeExecution(
      { client: this.#client, system: this.#system },
      this.#executionArn(execution),
    );
  }

  /** Some clouds answer a stop that came too late as they answer one that is malformed. */
  async #isOver(execution: ExecutionName, refusal: unknown): Promise<boolean> {
    if (!(refusal instanceof Error)) return false;
    if (refusal.name === 'ExecutionDoesNotExist') return true;
    if (refusal.name !== 'ValidationException') return false;
    const description = await this.describe(execution);
    return description !== null && description.status !== 'RUNNING';
  }

  #executionArn({ workflow, executionName }: ExecutionName): string {
    return `${this.#arnPrefix.replace(':stateMachine:', ':execution:')}${workflow}:${executionName}`;
  }
}

interface ExecutionName {
  readonly workflow: string;
  readonly executionName: string;
}
