import { MemoryLifecycleBus } from '#runtime/adapters/memory/lifecycle-bus.ts';
import { cloudLifecycleBus } from './cloud/lifecycle-bus.ts';
import { conform, inMemory } from './conform.ts';
import { type BusSubject, testLifecycleBus } from './lifecycle-bus.suite.ts';

conform('LifecycleBus', testLifecycleBus, {
  memory: inMemory((): BusSubject => {
    const bus = new MemoryLifecycleBus();
    return { bus, heard: async () => bus.events };
  }),
  cloud: cloudLifecycleBus,
});
