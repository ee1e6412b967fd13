import { afterEach, describe, expect, test, vi } from 'vitest';
import { awsClientConfig } from '#runtime/adapters/aws-config.ts';

afterEach(() => vi.unstubAllEnvs());

describe('awsClientConfig', () => {
  test('takes the function’s own variables for credentials in Lambda', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'signalbox-dev-api');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'token');
    expect(awsClientConfig()).toMatchObject({
      credentials: { accessKeyId: 'key', secretAccessKey: 'secret', sessionToken: 'token' },
    });
    vi.stubEnv('AWS_SESSION_TOKEN', undefined);
    expect(awsClientConfig().credentials).toEqual({
      accessKeyId: 'key',
      secretAccessKey: 'secret',
    });
  });

  test('leaves finding credentials to the SDK elsewhere', () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', undefined);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    expect(awsClientConfig()).not.toHaveProperty('credentials');
  });
});
