import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { cloudEnvironment, ministackEnvironment, startCloud } from '../../../localstack/cloud.ts';
import { CloudUnreachableError } from '../../../localstack/errors.ts';
import { freePort } from '../../../localstack/free-port.ts';

describe('ministackEnvironment', () => {
  const settings = { port: 4711, token: 'token', scratch: '/scratch', stateFolder: null };

  test('C1: holds nothing of the caller, and this Node first', () => {
    expect(ministackEnvironment(settings)).toEqual({
      PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: '/scratch',
      TMPDIR: '/scratch',
      LAMBDA_EXECUTOR: 'local',
      GATEWAY_PORT: '4711',
      BIND_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      MINISTACK_EDITION: 'token',
    });
  });

  test('persists everything, objects included, when state is kept', () => {
    expect(ministackEnvironment({ ...settings, stateFolder: '/state' })).toMatchObject({
      PERSIST_STATE: '1',
      STATE_DIR: '/state',
      S3_PERSIST: '1',
      S3_DATA_DIR: '/state/s3',
    });
  });
});

describe('cloudEnvironment', () => {
  test('points every client at the cloud, S3 by path', () => {
    expect(cloudEnvironment('http://127.0.0.1:4711')).toMatchObject({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4711',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4711',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_REGION: 'us-east-1',
    });
  });
});

describe('startCloud with AWS_ENDPOINT_URL', () => {
  let server: Server | null = null;
  afterEach(() => server?.close());

  async function serve(status: number): Promise<{ url: string; requests: string[] }> {
    const port = await freePort();
    const requests: string[] = [];
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => server?.listen(port, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${port}`, requests };
  }
  const start = (endpoint: string) =>
    startCloud({
      cacheFolder: '/nowhere',
      stateFolder: null,
      report: () => undefined,
      environment: { AWS_ENDPOINT_URL: endpoint },
    });

  test('uses that cloud, and stops nothing', async () => {
    const { url, requests } = await serve(200);
    const cloud = await start(`${url}/`);
    expect(cloud).toMatchObject({ endpoint: url, kind: 'external', service: null });
    await cloud.stop();
    expect(requests).toEqual(['GET /_localstack/health']);
    expect(server?.listening).toBe(true);
  });

  test('refuses one that is broken', async () => {
    const { url } = await serve(503);
    await expect(start(url)).rejects.toThrow(/no cloud answers there \(status 503\)/);
  });

  test('refuses one that is not there, and says how to do without it', async () => {
    const url = `http://127.0.0.1:${await freePort()}`;
    await expect(start(url)).rejects.toThrow(CloudUnreachableError);
    await expect(start(url)).rejects.toThrow(/unset AWS_ENDPOINT_URL/);
  });
});
