import { MemoryQueueDepths } from '#runtime/adapters/memory/queue-depths.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { cloudQueueDepths } from './cloud/queue-depths.ts';
import { conform, inMemory } from './conform.ts';
import { type DepthsSubject, testQueueDepths } from './queue-depths.suite.ts';

conform('QueueDepths', testQueueDepths, {
  memory: inMemory((): DepthsSubject => {
    const system = new VirtualSystem();
    const newQueue = () =>
      new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
    const queues = { 'do-one': newQueue(), 'do-other': newQueue() };
    const queue = (agent: string): MemoryWorkQueue =>
      agent === 'do-one' ? queues['do-one'] : queues['do-other'];
    return {
      depths: new MemoryQueueDepths(new Map(Object.entries(queues))),
      agents: ['do-one', 'do-other'],
      queue,
      receive: async (agent, count) => void queue(agent).receive(count),
    };
  }),
  cloud: cloudQueueDepths,
});
