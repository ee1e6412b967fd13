import { DescribeExecutionCommand, type SFNClient } from '@aws-sdk/client-sfn';
import type { ExecutionDescription, ExecutionReader, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

/** 15 questions a second are answered for the whole account: who does not get through soon comes again much later. */
const BACKOFF = { attempts: 4, baseMs: 200, capMs: 2000 };

/** Asks Step Functions about executions; they are identified by their ARN. */
export class StepFunctionsExecutionReader implements ExecutionReader {
  readonly #client: SFNClient;
  readonly #system: System;

  constructor(options: { readonly client: SFNClient; readonly system: System }) {
    this.#client = options.client;
    this.#system = options.system;
  }

  async describe(executionArn: string): Promise<ExecutionDescription | null> {
    try {
      const { status, output, error, cause } = await retryBusy(
        { system: this.#system, backoff: BACKOFF, what: 'describing an execution' },
        () => this.#client.send(new DescribeExecutionCommand({ executionArn })),
      );
      return {
        status: status ?? '',
        ...(output !== undefined && { output }),
        ...(error !== undefined && { error }),
        ...(cause !== undefined && { cause }),
      };
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
      throw error;
    }
  }
}
