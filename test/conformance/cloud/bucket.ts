import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { clientOptions, uniqueName } from './cloud.ts';

/** A bucket of its own, and a port over it. */
export function cloudBucket<P>(
  endpoint: string,
  kind: string,
  portOf: (options: { readonly client: S3Client; readonly bucketName: string }) => P,
) {
  const client = new S3Client({ ...clientOptions(endpoint), forcePathStyle: true });
  const bucketName = uniqueName(kind).toLowerCase();
  const bucket = { Bucket: bucketName };
  return {
    setup: async (): Promise<P> => {
      await client.send(new CreateBucketCommand(bucket));
      return portOf({ client, bucketName });
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
