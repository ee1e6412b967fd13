import type { SFNClient } from '@aws-sdk/client-sfn';
import type { ExecutionDescription, ExecutionReader, System } from '#runtime/ports.ts';
import { describeExecution } from './describe-execution.ts';

/** Asks Step Functions about executions; they are identified by their ARN. */
export class StepFunctionsExecutionReader implements ExecutionReader {
  readonly #options: { readonly client: SFNClient; readonly system: System };

  constructor(options: { readonly client: SFNClient; readonly system: System }) {
    this.#options = options;
  }

  describe(executionArn: string): Promise<ExecutionDescription | null> {
    return describeExecution(this.#options, executionArn);
  }
}
