/** Looks into a queue of the embedded cloud without receiving, and sends a message a second time. */
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../localstack/cloud.ts';
import { ask } from './outside.ts';

const MessageSchema = z.object({
  Body: z.string(),
  MessageGroupId: z.nullable(z.string()),
  ReceiveCount: z.number(),
  /** Epoch seconds at which the queue hands it out again. */
  VisibleAt: z.number(),
});

/** Account → region → queue URL → messages. */
const PeekSchema = z.object({
  messages: z.record(
    z.string(),
    z.record(z.string(), z.record(z.string(), z.array(MessageSchema))),
  ),
});

export interface QueuedMessage {
  readonly body: string;
  readonly groupId: string | null;
  /** How often it was handed to a worker. */
  readonly receiveCount: number;
  /** Epoch milliseconds at which the queue hands it out again. */
  readonly visibleAtMs: number;
}

export class LocalQueue {
  readonly #endpoint: string;
  readonly #url: string;

  constructor(endpoint: string, name: string) {
    this.#endpoint = endpoint;
    this.#url = `${endpoint}/${LOCAL_ACCOUNT}/${name}`;
  }

  /** Every message that is not deleted yet, those in flight included. */
  async peek(): Promise<QueuedMessage[]> {
    const url = `${this.#endpoint}/_ministack/sqs/messages?QueueUrl=${encodeURIComponent(this.#url)}`;
    const { messages } = await ask(url, PeekSchema);
    return Object.values(messages)
      .flatMap((regions) => Object.values(regions))
      .flatMap((queues) => Object.values(queues))
      .flat()
      .map(({ Body, MessageGroupId, ReceiveCount, VisibleAt }) => ({
        body: Body,
        groupId: MessageGroupId,
        receiveCount: ReceiveCount,
        visibleAtMs: VisibleAt * 1000,
      }));
  }

  async sendAgain({ body, groupId }: QueuedMessage): Promise<void> {
    const client = new SQSClient({
      endpoint: this.#endpoint,
      region: LOCAL_REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      useQueueUrlAsEndpoint: false,
    });
    await client.send(
      new SendMessageCommand({
        QueueUrl: this.#url,
        MessageBody: body,
        ...(groupId !== null && { MessageGroupId: groupId }),
      }),
    );
    client.destroy();
  }
}
