/**
 * Where the CDK uploads to in the embedded cloud.
 *
 * `cdk bootstrap` makes a bucket, a version number and a dozen roles and takes 7 s. The embedded
 * cloud checks no roles, so the bucket and the number are enough, and the stacks stay as they are
 * for AWS.
 */
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../localstack/cloud.ts';
import { CliError } from '../errors.ts';

const QUALIFIER = 'hnb659fds';
const BOOTSTRAP_VERSION = '30';

/** Harmless when it is there already. */
export async function prepareAssetStore(endpoint: string): Promise<void> {
  await Promise.all([
    call(`${endpoint}/cdk-${QUALIFIER}-assets-${LOCAL_ACCOUNT}-${LOCAL_REGION}`, 's3', {
      method: 'PUT',
    }),
    call(`${endpoint}/`, 'ssm', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'AmazonSSM.PutParameter',
      },
      body: JSON.stringify({
        Name: `/cdk-bootstrap/${QUALIFIER}/version`,
        Value: BOOTSTRAP_VERSION,
        Type: 'String',
        Overwrite: true,
      }),
    }),
  ]);
}

/** The embedded cloud routes by the service in the credential scope, and checks no signature. */
async function call(url: string, service: string, init: RequestInit): Promise<void> {
  const scope = `test/20250101/${LOCAL_REGION}/${service}/aws4_request`;
  const response = await fetch(url, {
    ...init,
    headers: {
      ...init.headers,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
  });
  if (response.ok || response.status === 409) return;
  throw new CliError(
    'ASSET_STORE_FAILED',
    `the embedded cloud refused the store for assets (${service}): status ${response.status}, ${await response.text()}`,
    { next: 'Read .signalbox/logs/cloud.log.' },
  );
}
