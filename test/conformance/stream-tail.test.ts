import { MemoryStreamTail } from '#runtime/adapters/memory/stream-tail.ts';
import { cloudStreamTail } from './cloud/stream-tail.ts';
import { conform, inMemory } from './conform.ts';
import { type TailSubject, testStreamTail } from './stream-tail.suite.ts';

conform<TailSubject>('StreamTail', testStreamTail, {
  memory: inMemory(() => {
    const tail = new MemoryStreamTail();
    const shard = 'shardId-000000000000';
    const held: { sequence: string; arrivedMs: number }[] = [];
    const fill = async (count: number) => {
      const sequences = Array.from({ length: count }, (_, i) => String(held.length + i + 1));
      held.push(...sequences.map((sequence) => ({ sequence, arrivedMs: Date.now() })));
      tail.hold(shard, [...held]);
      return { shard, sequences };
    };
    return { tail, fill };
  }),
  cloud: cloudStreamTail,
});
