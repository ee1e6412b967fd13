import { SQSClient } from '@aws-sdk/client-sqs';
import { awsClientConfig } from '../aws-config.ts';

let client: SQSClient | undefined;

/** The process's one SQS client. Queue URLs only name queues; the endpoint is the configured one. */
export const sqsClient = (): SQSClient => {
  client ??= new SQSClient({ ...awsClientConfig(), useQueueUrlAsEndpoint: false });
  return client;
};
