import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SqsWorkQueue } from '#runtime/adapters/sqs/work-queue.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { QueueSubject } from '../work-queue.suite.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** A queue of its own, the port over it, and its other side. */
export function cloudWorkQueue(endpoint: string) {
  const client = new SQSClient({ ...clientOptions(endpoint), useQueueUrlAsEndpoint: false });
  let queueUrl = '';
  return {
    setup: async (): Promise<QueueSubject> => {
      const created = await client.send(
        new CreateQueueCommand({
          QueueName: uniqueName('queue'),
          Attributes: { VisibilityTimeout: '30' },
        }),
      );
      queueUrl = created.QueueUrl ?? '';
      return {
        queue: new SqsWorkQueue({ client, queueUrl, system: nodeSystem }),
        send: async (body) => {
          await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: body }));
        },
        receive: async () => {
          const { Messages: messages = [] } = await client.send(
            new ReceiveMessageCommand({ QueueUrl: queueUrl, MaxNumberOfMessages: 10 }),
          );
          return messages.map(({ ReceiptHandle: receiptHandle = '', Body: body = '' }) => ({
            receiptHandle,
            body,
          }));
        },
        remove: async (receiptHandle) => {
          await client.send(
            new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: receiptHandle }),
          );
        },
        pass: (seconds) => nodeSystem.sleep(seconds * 1000),
      };
    },
    teardown: async () => {
      await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
      client.destroy();
    },
  };
}
