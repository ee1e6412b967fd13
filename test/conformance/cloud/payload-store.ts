import { S3PayloadStore } from '#runtime/adapters/s3/payload-store.ts';
import { cloudBucket } from './bucket.ts';

/** The port over a bucket of its own. */
export const cloudPayloadStore = (endpoint: string) =>
  cloudBucket(endpoint, 'payloads', (options) => new S3PayloadStore(options));
