import { GetQueueAttributesCommand, QueueDoesNotExist, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueDepth, QueueDepths, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

/** Somebody waits for the answer: a figure that is not to be had at once is not waited for. */
const BACKOFF = { attempts: 3, baseMs: 50, capMs: 200 };

/** Depths of SQS queues, as their attributes tell. */
export class SqsQueueDepths implements QueueDepths {
  readonly #client: SQSClient;
  readonly #queueUrlPrefix: string;
  readonly #system: System;

  constructor(options: {
    readonly client: SQSClient;
    /** The agent's name follows. */
    readonly queueUrlPrefix: string;
    readonly system: System;
  }) {
    this.#client = options.client;
    this.#queueUrlPrefix = options.queueUrlPrefix;
    this.#system = options.system;
  }

  read(agents: readonly string[]): Promise<readonly (QueueDepth | null)[]> {
    return Promise.all(agents.map((agent) => this.#depth(agent)));
  }

  async #depth(agent: string): Promise<QueueDepth | null> {
    const command = new GetQueueAttributesCommand({
      QueueUrl: `${this.#queueUrlPrefix}${agent}`,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    });
    const options = { system: this.#system, backoff: BACKOFF, what: `the queue of ${agent}` };
    try {
      const { Attributes: counts = {} } = await retryBusy(options, () =>
        this.#client.send(command),
      );
      return {
        visible: Number(counts.ApproximateNumberOfMessages ?? 0),
        inFlight: Number(counts.ApproximateNumberOfMessagesNotVisible ?? 0),
        delayed: Number(counts.ApproximateNumberOfMessagesDelayed ?? 0),
      };
    } catch (error) {
      if (error instanceof QueueDoesNotExist) return null;
      throw error;
    }
  }
}
