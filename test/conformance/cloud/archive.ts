import { S3Archive } from '#runtime/adapters/s3/archive.ts';
import { cloudBucket } from './bucket.ts';

/** The port over a bucket of its own. */
export const cloudArchive = (endpoint: string) =>
  cloudBucket(endpoint, 'archive', (options) => new S3Archive(options));
