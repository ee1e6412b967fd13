import { SqsDispatcher } from '#runtime/adapters/sqs/dispatcher.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { DispatcherSubject } from '../dispatcher.suite.ts';
import { CloudAgentQueues } from './agent-queues.ts';

/** Queues of two agents, the port over them, and their other side. */
export function cloudDispatcher(endpoint: string) {
  const queues = new CloudAgentQueues(endpoint);
  const { client, agents } = queues;
  return {
    setup: async (): Promise<DispatcherSubject> => {
      await queues.create();
      const queueUrlPrefix = queues.urlPrefix;
      return {
        dispatcher: new SqsDispatcher({ client, queueUrlPrefix, system: nodeSystem }),
        agents,
        receive: (agent) => queues.receive(agent),
        remove: (agent, receiptHandle) => queues.remove(agent, receiptHandle),
        pass: (seconds) => nodeSystem.sleep(seconds * 1000),
      };
    },
    teardown: () => queues.delete(),
  };
}
