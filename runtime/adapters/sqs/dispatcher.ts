import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Dispatcher, System } from '#runtime/ports.ts';
import { SqsWorkQueue } from './work-queue.ts';

/** The SQS queues of all agents, by the name that follows the prefix. */
export class SqsDispatcher implements Dispatcher {
  readonly #options: {
    readonly client: SQSClient;
    readonly queueUrlPrefix: string;
    readonly system: System;
  };

  constructor(options: {
    readonly client: SQSClient;
    /** The agent's name follows. */
    readonly queueUrlPrefix: string;
    readonly system: System;
  }) {
    this.#options = options;
  }

  async send({ agent, ...message }: Parameters<Dispatcher['send']>[0]): Promise<void> {
    const { client, queueUrlPrefix, system } = this.#options;
    const queue = new SqsWorkQueue({ client, queueUrl: `${queueUrlPrefix}${agent}`, system });
    await queue.send(message);
  }
}
