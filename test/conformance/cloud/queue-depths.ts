import { SqsQueueDepths } from '#runtime/adapters/sqs/queue-depths.ts';
import { SqsWorkQueue } from '#runtime/adapters/sqs/work-queue.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { DepthsSubject } from '../queue-depths.suite.ts';
import { CloudAgentQueues } from './agent-queues.ts';

/** Queues of their own under one prefix, and the port over them. */
export function cloudQueueDepths(endpoint: string) {
  const queues = new CloudAgentQueues(endpoint);
  const { client, agents } = queues;
  return {
    setup: async (): Promise<DepthsSubject> => {
      await queues.create();
      const queueUrlPrefix = queues.urlPrefix;
      return {
        depths: new SqsQueueDepths({ client, queueUrlPrefix, system: nodeSystem }),
        agents,
        queue: (agent) =>
          new SqsWorkQueue({ client, queueUrl: queues.url(agent), system: nodeSystem }),
        receive: async (agent, count) => {
          for (let received = 0; received < count; ) {
            received += (await queues.receive(agent, count - received)).length;
          }
        },
      };
    },
    teardown: () => queues.delete(),
  };
}
