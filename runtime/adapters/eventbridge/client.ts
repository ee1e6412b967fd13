import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { awsClientConfig } from '../aws-config.ts';

let client: EventBridgeClient | undefined;

/** The process's one EventBridge client. */
export const eventBridgeClient = (): EventBridgeClient => {
  client ??= new EventBridgeClient(awsClientConfig());
  return client;
};
