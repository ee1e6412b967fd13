import { SFNClient } from '@aws-sdk/client-sfn';
import { awsClientConfig } from '../aws-config.ts';

let client: SFNClient | undefined;

/** The process's one Step Functions client. */
export const stepFunctionsClient = (): SFNClient => {
  client ??= new SFNClient(awsClientConfig());
  return client;
};
