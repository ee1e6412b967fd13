import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { locateApi } from '../../../cli/runs/api-location.ts';

const HOST = 'https://abc123.execute-api.eu-central-1.amazonaws.com/dev';

let cwd: string;
let empty: string;

beforeAll(async () => {
  empty = await mkdtemp(join(tmpdir(), 'signalbox-empty-'));
  cwd = await mkdtemp(join(tmpdir(), 'signalbox-project-'));
  await mkdir(join(cwd, '.signalbox/stages'), { recursive: true });
  const state = (file: string, content: unknown) =>
    writeFile(join(cwd, '.signalbox', file), JSON.stringify(content));
  await state('local.json', { apiUrl: 'http://127.0.0.1:4000/local/', pids: [1] });
  await state('stages/dev.json', { apiUrl: HOST, region: 'eu-central-1' });
  await state('stages/own.json', { apiUrl: 'https://agents.example.com', region: 'us-west-2' });
  await state('stages/broken.json', { url: 'x' });
});

afterAll(async () => {
  await rm(cwd, { recursive: true });
  await rm(empty, { recursive: true });
});

const locate = (
  options: { api?: string; stage?: string },
  env: Record<string, string> = {},
  folder = cwd,
) => locateApi(options, { env, cwd: folder });

describe('locateApi', () => {
  it('takes --api before everything else', async () => {
    const location = await locate(
      { api: 'http://localhost:9/', stage: 'dev' },
      { SIGNALBOX_API_URL: 'http://other' },
    );
    expect(location).toEqual({ url: 'http://localhost:9', signingRegion: null, source: '--api' });
  });

  it('takes the environment before what `up` wrote, and a stage that is named before both', async () => {
    const env = { SIGNALBOX_API_URL: 'http://127.0.0.1:5' };
    expect(await locate({}, env)).toMatchObject({ url: 'http://127.0.0.1:5' });
    expect(await locate({ stage: 'dev' }, env)).toMatchObject({ url: HOST });
  });

  it('falls back to the local cloud, whose requests are not signed', async () => {
    const local = { url: 'http://127.0.0.1:4000/local', signingRegion: null };
    expect(await locate({})).toMatchObject(local);
    expect(await locate({ stage: 'local' })).toMatchObject(local);
  });

  it('signs for the region in the host name, or for the one that the stage was deployed to', async () => {
    expect(await locate({ api: HOST })).toMatchObject({ signingRegion: 'eu-central-1' });
    expect(await locate({ stage: 'own' })).toMatchObject({ signingRegion: 'us-west-2' });
  });

  it.each([
    ['no local cloud is up', {}, /local\.json does not exist/, /npm start/],
    [
      'the stage was not deployed from here',
      { stage: 'prod' },
      /prod\.json/,
      /deploy -- --stage prod/,
    ],
    ['--api is no URL', { api: 'example.com' }, /--api is "example\.com"/, /whole address/],
    ['the stage has a name that no stage has', { stage: '../x' }, /--stage is/, /lower-case/],
  ])('says what to do when %s', async (_case, options, message, next) => {
    await expect(locate(options, {}, empty)).rejects.toMatchObject({
      message: expect.stringMatching(message),
      next: expect.stringMatching(next),
    });
  });

  it('refuses a state file without an address', async () => {
    await expect(locate({ stage: 'broken' })).rejects.toThrow(/does not say where the API is/);
  });
});
