import { lazy } from '#runtime/core/lazy.ts';
import type { System, Timers } from '#runtime/ports.ts';

/** Timers that load the client of SQS with the first one: few invocations order any. */
export function lateTimers(queueUrl: string, system: System): Timers {
  const loaded = lazy(() => load(queueUrl, system));
  return { put: async (timer) => (await loaded()).put(timer) };
}

async function load(queueUrl: string, system: System): Promise<Timers> {
  const [{ sqsClient }, { SqsTimers }] = await Promise.all([
    import('./client.ts'),
    import('./timers.ts'),
  ]);
  return new SqsTimers({ client: sqsClient(), queueUrl, system });
}
