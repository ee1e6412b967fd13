import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SQSClient } from '@aws-sdk/client-sqs';
import { EventBridgeLifecycleBus } from '#runtime/adapters/eventbridge/lifecycle-bus.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import { ruleOn } from '../../support/bus-rule.ts';
import type { BusSubject } from '../lifecycle-bus.suite.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** A bus of its own, the port over it, and a rule with a queue behind it. The cloud is the test's own: nothing is taken down. */
export function cloudLifecycleBus(endpoint: string) {
  const client = new EventBridgeClient(clientOptions(endpoint));
  const sqs = new SQSClient({ ...clientOptions(endpoint), useQueueUrlAsEndpoint: false });
  return {
    setup: async (): Promise<BusSubject> => {
      const busName = uniqueName('bus');
      await client.send(new CreateEventBusCommand({ Name: busName }));
      const received = await ruleOn(busName, uniqueName('rule'), { events: client, sqs });
      return {
        bus: new EventBridgeLifecycleBus({ client, busName, system: nodeSystem }),
        heard: async () => (await received()).map(({ detail }) => detail),
      };
    },
    teardown: async () => {
      client.destroy();
      sqs.destroy();
    },
  };
}
