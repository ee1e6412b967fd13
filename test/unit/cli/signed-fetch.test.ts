import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { signedFetch } from '../../../cli/runs/signed-fetch.ts';
import { startFakeApi } from './fake-api.ts';

/** Where the SDK looks as well: a machine may have credentials of its own there. */
const ELSEWHERE = [
  'AWS_PROFILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
];

beforeEach(() => {
  for (const name of ELSEWHERE) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session');
});
afterEach(() => vi.unstubAllEnvs());

describe('signedFetch', () => {
  it('signs method, query, headers and body for API Gateway in the region', async () => {
    const api = await startFakeApi(() => ({ body: { ok: true } }));
    try {
      const fetch = await signedFetch('eu-central-1');
      const response = await fetch(`${api.url}/workflows/support/runs?a=1&b=2`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': 'k1' },
        body: '{"query":"why?"}',
      });
      expect(await response.json()).toEqual({ ok: true });
      const [request] = api.received;
      expect(request).toMatchObject({
        path: '/workflows/support/runs?a=1&b=2',
        body: '{"query":"why?"}',
      });
      expect(request?.headers).toMatchObject({
        'idempotency-key': 'k1',
        'x-amz-security-token': 'session',
      });
      expect(request?.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api\/aws4_request, SignedHeaders=[a-z0-9;-]*host;idempotency-key[a-z0-9;-]*, Signature=[0-9a-f]{64}$/,
      );
    } finally {
      await api.close();
    }
  });

  it('says how to sign in when there are no credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', '');
    vi.stubEnv('AWS_PROFILE', 'no-such-profile');
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
    await expect(signedFetch('eu-central-1')).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING',
      next: expect.stringContaining('aws sso login'),
    });
  });
});
