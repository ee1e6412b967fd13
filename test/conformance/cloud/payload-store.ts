import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3PayloadStore } from '#runtime/adapters/s3/payload-store.ts';
import type { PayloadStore } from '#runtime/ports.ts';
import { clientOptions, uniqueName } from './cloud.ts';

/** The port over a bucket of its own. */
export function cloudPayloadStore(endpoint: string) {
  const client = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  const bucketName = uniqueName('payloads').toLowerCase();
  const bucket = { Bucket: bucketName };
  return {
    setup: async (): Promise<PayloadStore> => {
      await client.send(new CreateBucketCommand(bucket));
      return new S3PayloadStore({ client, bucketName });
    },
    teardown: async () => {
      const { Contents: objects = [] } = await client.send(new ListObjectsV2Command(bucket));
      for (const { Key } of objects) {
        await client.send(new DeleteObjectCommand({ ...bucket, Key }));
      }
      await client.send(new DeleteBucketCommand(bucket));
      client.destroy();
    },
  };
}
