import { NodeHttpHandler } from '@smithy/node-http-handler';
import { nodeSystem } from '#runtime/adapters/system/system.ts';

/** How the suites' clients reach the local cloud: as the runtime's do, with made-up credentials. */
export const clientOptions = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  maxAttempts: 3,
  requestHandler: new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 10_000 }),
});

/** A resource name that no other suite, run or process has. */
export const uniqueName = (kind: string): string => `conformance-${kind}-${nodeSystem.randomId()}`;
