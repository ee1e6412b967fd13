import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { queued } from '../support/steps.ts';
import { cloudWorkQueue } from './cloud/work-queue.ts';
import { conform, inMemory } from './conform.ts';
import { type QueueSubject, testSending, testWorkQueue } from './work-queue.suite.ts';

const testQueue = (subject: () => QueueSubject): void => {
  testWorkQueue(subject);
  testSending(subject);
};

conform('WorkQueue', testQueue, {
  memory: inMemory((): QueueSubject => {
    const system = new VirtualSystem();
    const queue = new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
    return {
      queue,
      send: (body) => queue.send(queued(body)),
      receive: async () => queue.receive(),
      remove: async (receiptHandle) => queue.delete(receiptHandle),
      pass: (seconds) => system.advance(seconds * 1000),
    };
  }),
  cloud: cloudWorkQueue,
});
