import { KinesisClient } from '@aws-sdk/client-kinesis';
import { awsClientConfig } from '../aws-config.ts';

let client: KinesisClient | undefined;

/** The process's one Kinesis client. */
export const kinesisClient = (): KinesisClient => {
  client ??= new KinesisClient(awsClientConfig());
  return client;
};
