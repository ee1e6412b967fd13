import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { cloudWorkQueue } from './cloud/work-queue.ts';
import { conform, inMemory } from './conform.ts';
import { type QueueSubject, testWorkQueue } from './work-queue.suite.ts';

conform('WorkQueue', testWorkQueue, {
  memory: inMemory((): QueueSubject => {
    const system = new VirtualSystem();
    const queue = new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
    return {
      queue,
      send: async (body) => queue.send(body),
      receive: async () => queue.receive(),
      remove: async (receiptHandle) => queue.delete(receiptHandle),
      pass: (seconds) => system.advance(seconds * 1000),
    };
  }),
  cloud: cloudWorkQueue,
});
