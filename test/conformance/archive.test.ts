import { MemoryArchive } from '#runtime/adapters/memory/archive.ts';
import { testArchive } from './archive.suite.ts';
import { cloudArchive } from './cloud/archive.ts';
import { conform, inMemory } from './conform.ts';

conform('Archive', testArchive, {
  memory: inMemory(() => new MemoryArchive()),
  cloud: cloudArchive,
});
