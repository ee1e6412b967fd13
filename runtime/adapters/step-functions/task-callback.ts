import {
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { boundedJson, CAUSE_MAX_BYTES, cutUtf8, STATE_MAX_BYTES } from '#runtime/core/limits.ts';
import type { System, TaskAnswer, TaskCallback } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

/** The token is used up, unknown or not a token any more: nobody waits for this answer. */
const SUPERSEDED = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']);

/** Step Functions refuses a text that cannot be a token as it refuses a malformed request. */
const TOKEN_MAX_LENGTH = 2048;

/** The buckets of SendTask* refill with 300 to 500 a second: a few seconds in place beat a redelivery. */
const BACKOFF = { attempts: 7, baseMs: 200, capMs: 2000 };

/**
 * Answers tasks of Step Functions. An answer that arrived, but whose confirmation was lost, is sent
 * again by transport and comes back as `superseded`: nothing is left to do in either case.
 */
export class StepFunctionsTaskCallback implements TaskCallback {
  readonly #client: SFNClient;
  readonly #system: System;

  constructor(options: { readonly client: SFNClient; readonly system: System }) {
    this.#client = options.client;
    this.#system = options.system;
  }

  async succeed(answer: {
    readonly taskToken: string;
    readonly output: unknown;
  }): Promise<TaskAnswer> {
    const { taskToken } = answer;
    const output = boundedJson("the step's output", answer.output, STATE_MAX_BYTES);
    return this.#answer(taskToken, () =>
      this.#client.send(new SendTaskSuccessCommand({ taskToken, output })),
    );
  }

  async fail(answer: {
    readonly taskToken: string;
    readonly error: string;
    readonly cause: string;
  }): Promise<TaskAnswer> {
    const { taskToken, error } = answer;
    const cause = cutUtf8(answer.cause, CAUSE_MAX_BYTES);
    return this.#answer(taskToken, () =>
      this.#client.send(new SendTaskFailureCommand({ taskToken, error, cause })),
    );
  }

  async #answer(taskToken: string, send: () => Promise<unknown>): Promise<TaskAnswer> {
    if (taskToken.length === 0 || taskToken.length > TOKEN_MAX_LENGTH) return 'superseded';
    try {
      await retryBusy({ system: this.#system, backoff: BACKOFF, what: 'answering a task' }, send);
      return 'answered';
    } catch (error) {
      if (error instanceof Error && SUPERSEDED.has(error.name)) return 'superseded';
      throw error;
    }
  }
}
