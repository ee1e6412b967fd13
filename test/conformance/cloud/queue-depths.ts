import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SqsQueueDepths } from '#runtime/adapters/sqs/queue-depths.ts';
import { SqsWorkQueue } from '#runtime/adapters/sqs/work-queue.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { DepthsSubject } from '../queue-depths.suite.ts';
import { clientOptions, uniqueName } from './cloud.ts';

const AGENTS = ['do-one', 'do-other'] as const;

/** Queues of their own under one prefix, and the port over them. */
export function cloudQueueDepths(endpoint: string) {
  const client = new SQSClient({ ...clientOptions(endpoint), useQueueUrlAsEndpoint: false });
  const urls = new Map<string, string>();
  const urlOf = (agent: string): string => urls.get(agent) ?? '';
  return {
    setup: async (): Promise<DepthsSubject> => {
      const prefix = `${uniqueName('queues')}-`;
      for (const agent of AGENTS) {
        const { QueueUrl: url = '' } = await client.send(
          new CreateQueueCommand({
            QueueName: `${prefix}${agent}`,
            Attributes: { VisibilityTimeout: '60' },
          }),
        );
        urls.set(agent, url);
      }
      const queueUrlPrefix = urlOf('do-one').slice(0, -'do-one'.length);
      return {
        depths: new SqsQueueDepths({ client, queueUrlPrefix, system: nodeSystem }),
        agents: AGENTS,
        queue: (agent) => new SqsWorkQueue({ client, queueUrl: urlOf(agent), system: nodeSystem }),
        receive: async (agent, count) => {
          for (let received = 0; received < count; ) {
            const { Messages: messages = [] } = await client.send(
              new ReceiveMessageCommand({
                QueueUrl: urlOf(agent),
                MaxNumberOfMessages: count - received,
              }),
            );
            received += messages.length;
          }
        },
      };
    },
    teardown: async () => {
      for (const QueueUrl of urls.values()) await client.send(new DeleteQueueCommand({ QueueUrl }));
      client.destroy();
    },
  };
}
