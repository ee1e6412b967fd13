import { lazy } from '#runtime/core/lazy.ts';
import type { QueueDepths, System } from '#runtime/ports.ts';

/** Depths of queues that load the client of SQS with the first question: few requests ask one. */
export function lateQueueDepths(queueUrlPrefix: string, system: System): QueueDepths {
  const loaded = lazy(() => load(queueUrlPrefix, system));
  return { read: async (agents) => (await loaded()).read(agents) };
}

async function load(queueUrlPrefix: string, system: System): Promise<QueueDepths> {
  const [{ sqsClient }, { SqsQueueDepths }] = await Promise.all([
    import('./client.ts'),
    import('./queue-depths.ts'),
  ]);
  return new SqsQueueDepths({ client: sqsClient(), queueUrlPrefix, system });
}
