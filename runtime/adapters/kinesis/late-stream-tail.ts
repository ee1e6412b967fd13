import { lazy } from '#runtime/core/lazy.ts';
import type { StreamTail, System } from '#runtime/ports.ts';
import { kinesisClient } from './client.ts';

/** The tail of the stream, loaded with the first question: few requests ask one. */
export function lateStreamTail(streamName: string, system: System): StreamTail {
  const loaded = lazy(async () => {
    const { KinesisStreamTail } = await import('./stream-tail.ts');
    return new KinesisStreamTail({ client: kinesisClient(), streamName, system });
  });
  return {
    shards: async () => (await loaded()).shards(),
    behind: async (query) => (await loaded()).behind(query),
  };
}
