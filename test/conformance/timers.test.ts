import { MemoryTimers } from '#runtime/adapters/memory/timers.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { SqsTimers } from '#runtime/adapters/sqs/timers.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { CloudAgentQueues } from './cloud/agent-queues.ts';
import { conform, inMemory } from './conform.ts';
import { type TimersSubject, testTimers } from './timers.suite.ts';

function cloudTimers(endpoint: string) {
  const queues = new CloudAgentQueues(endpoint);
  const [name] = queues.agents;
  return {
    setup: async (): Promise<TimersSubject> => {
      await queues.create();
      const options = { client: queues.client, queueUrl: queues.url(name), system: nodeSystem };
      return {
        timers: new SqsTimers(options),
        now: () => nodeSystem.now(),
        receive: () => queues.receive(name),
        remove: (receiptHandle) => queues.remove(name, receiptHandle),
        pass: (seconds) => nodeSystem.sleep(seconds * 1000),
      };
    },
    teardown: () => queues.delete(),
  };
}

conform('Timers', testTimers, {
  memory: inMemory((): TimersSubject => {
    const system = new VirtualSystem();
    const queue = new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
    return {
      timers: new MemoryTimers(queue, system),
      now: () => system.now(),
      receive: async () => queue.receive(),
      remove: async (receiptHandle) => queue.delete(receiptHandle),
      pass: (seconds) => system.advance(seconds * 1000),
      passLongest: () => system.advance(900_000),
    };
  }),
  cloud: cloudTimers,
});
