import { lazy } from '#runtime/core/lazy.ts';
import type { ArchiveReader, ArchiveWriter } from '#runtime/ports.ts';

/** An archive that loads the client of S3 with the first object: starts of functions are no time for its XML. */
export function lateArchive(bucketName: string): ArchiveWriter & ArchiveReader {
  const loaded = lazy(async () => {
    const [{ s3Client }, { S3Archive }] = await Promise.all([
      import('./client.ts'),
      import('./archive.ts'),
    ]);
    return new S3Archive({ client: s3Client(), bucketName });
  });
  return {
    put: async (object) => (await loaded()).put(object),
    keys: async (query) => (await loaded()).keys(query),
    lines: async (key) => (await loaded()).lines(key),
  };
}
