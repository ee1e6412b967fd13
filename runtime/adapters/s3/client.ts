import { S3Client } from '@aws-sdk/client-s3';
import { awsClientConfig, hasOwnEndpoint } from '../aws-config.ts';

let client: S3Client | undefined;

/** The process's one S3 client. Local clouds have no host name per bucket, hence the path style there. */
export const s3Client = (): S3Client => {
  client ??= new S3Client({ ...awsClientConfig(), forcePathStyle: hasOwnEndpoint() });
  return client;
};
