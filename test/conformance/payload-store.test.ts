import { MemoryPayloadStore } from '#runtime/adapters/memory/payload-store.ts';
import { cloudPayloadStore } from './cloud/payload-store.ts';
import { conform, inMemory } from './conform.ts';
import { testPayloadStore } from './payload-store.suite.ts';

conform('PayloadStore', testPayloadStore, {
  memory: inMemory(() => new MemoryPayloadStore()),
  cloud: cloudPayloadStore,
});
