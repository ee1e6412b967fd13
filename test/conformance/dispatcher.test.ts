import { MemoryDispatcher } from '#runtime/adapters/memory/dispatcher.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { cloudDispatcher } from './cloud/dispatcher.ts';
import { conform, inMemory } from './conform.ts';
import { type DispatcherSubject, testDispatcher } from './dispatcher.suite.ts';

conform('Dispatcher', testDispatcher, {
  memory: inMemory((): DispatcherSubject => {
    const system = new VirtualSystem();
    const newQueue = () =>
      new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount: 12 });
    const queues = { 'do-one': newQueue(), 'do-other': newQueue() };
    const queue = (agent: string): MemoryWorkQueue =>
      agent === 'do-one' ? queues['do-one'] : queues['do-other'];
    return {
      dispatcher: new MemoryDispatcher(new Map(Object.entries(queues))),
      agents: ['do-one', 'do-other'],
      receive: async (agent) => queue(agent).receive(),
      remove: async (agent, receiptHandle) => queue(agent).delete(receiptHandle),
      pass: (seconds) => system.advance(seconds * 1000),
    };
  }),
  cloud: cloudDispatcher,
});
