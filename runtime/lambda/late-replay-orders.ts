import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { ReplayableEnvironment } from '../contracts/environment.ts';
import { lazy } from '../core/lazy.ts';
import type { composeConsumer } from './compose-consumer.ts';
import type { Consumer } from './consume-events.ts';

/** Takes orders from a consumer's replay queue. What that needs is loaded with the first: few are ever given. */
export function lateReplayOrders(
  ports: ReturnType<typeof composeConsumer>,
  consumer: Consumer,
  environment: ReplayableEnvironment,
): (event: SQSEvent) => Promise<SQSBatchResponse> {
  const loaded = lazy(async () => {
    const [{ composeReplays }, { takeReplayOrders }] = await Promise.all([
      import('./compose-replays.ts'),
      import('./take-replay-orders.ts'),
    ]);
    const replays = composeReplays(ports, environment);
    return (event: SQSEvent) => takeReplayOrders(replays, consumer, event);
  });
  return async (event) => (await loaded())(event);
}
