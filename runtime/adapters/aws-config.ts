/**
 * How AWS clients are made: the one place of the adapters that reads the environment.
 *
 * Rules
 * C1. In Lambda the credentials are the function's variables, given as they are: no credential chain
 *     is loaded. Elsewhere the SDK finds them in its own way at the first call.
 * C2. The SDK retries transport only, a few times: whoever knows what a refusal means waits for it.
 * C3. Three tries end well before a lease (30 s) and before the shortest function timeout (16 s).
 * The endpoint comes from `AWS_ENDPOINT_URL`, the region from `AWS_REGION`; the SDK reads both.
 */
import { NodeHttpHandler } from '@smithy/node-http-handler';

const MAX_ATTEMPTS = 3;
const TIMEOUTS = { connectionTimeout: 1000, requestTimeout: 4000, throwOnRequestTimeout: true };

/** Configuration that all clients share; each call gives a request handler of its own. */
export function awsClientConfig() {
  const credentials = lambdaCredentials();
  return {
    maxAttempts: MAX_ATTEMPTS,
    // An instance, not its options: some clients would use HTTP/2, which not every local cloud speaks.
    requestHandler: new NodeHttpHandler(TIMEOUTS),
    ...(credentials && { credentials }),
  };
}

/** True where a local cloud stands in for AWS: it is reached under one address. */
export const hasOwnEndpoint = (): boolean => process.env.AWS_ENDPOINT_URL !== undefined;

function lambdaCredentials() {
  const {
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!functionName || !accessKeyId || !secretAccessKey) return null;
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
