import { lazy } from '#runtime/core/lazy.ts';
import type { PayloadStore } from '#runtime/ports.ts';

/** A store of payloads that loads the client of S3 with the first payload: most steps have none. */
export function latePayloadStore(bucketName: string): PayloadStore {
  const loaded = lazy(() => load(bucketName));
  return {
    put: async (owner, payload) => (await loaded()).put(owner, payload),
    get: async (owner, sha256) => (await loaded()).get(owner, sha256),
  };
}

async function load(bucketName: string): Promise<PayloadStore> {
  const [{ s3Client }, { S3PayloadStore }] = await Promise.all([
    import('./client.ts'),
    import('./payload-store.ts'),
  ]);
  return new S3PayloadStore({ client: s3Client(), bucketName });
}
