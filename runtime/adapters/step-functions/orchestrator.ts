import { type SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { boundedJson, STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type { Orchestrator, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

const BACKOFF = { attempts: 5, baseMs: 100, capMs: 1000 };

/**
 * Starts executions of Step Functions. While an execution of the same name and input runs, Step
 * Functions takes a repeat for the first request, and so does the answer: `started`.
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
}
