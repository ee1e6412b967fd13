import { lazy } from '#runtime/core/lazy.ts';
import type { Dispatcher, System } from '#runtime/ports.ts';

/** Agents' queues that load the client of SQS with the first message: most invocations send none. */
export function lateDispatcher(queueUrlPrefix: string, system: System): Dispatcher {
  const loaded = lazy(() => load(queueUrlPrefix, system));
  return { send: async (message) => (await loaded()).send(message) };
}

async function load(queueUrlPrefix: string, system: System): Promise<Dispatcher> {
  const [{ sqsClient }, { SqsDispatcher }] = await Promise.all([
    import('./client.ts'),
    import('./dispatcher.ts'),
  ]);
  return new SqsDispatcher({ client: sqsClient(), queueUrlPrefix, system });
}
