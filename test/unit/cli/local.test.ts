import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { progressOf } from '../../../cli/local/cdk.ts';
import { environmentFor, localApiUrl } from '../../../cli/local/deploy-local.ts';
import { asCliError, ErrorWithOutput } from '../../../cli/local/local-errors.ts';
import {
  type LocalState,
  readLocalState,
  removeLocalState,
  writeLocalState,
} from '../../../cli/local/local-state.ts';
import { localStatus } from '../../../cli/local/status.ts';
import { ServiceStartError } from '../../../localstack/errors.ts';
import { freePort } from '../../../localstack/free-port.ts';

let project = '';
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'signalbox-project-'));
});
afterEach(() => rm(project, { recursive: true, force: true }));

const stateAt = (url: string): LocalState => ({
  endpoint: url,
  cloud: 'embedded',
  apiUrl: `${url}/_aws/execute-api/abc/local`,
  modelUrl: url,
  helpdeskUrl: url,
  crmUrl: url,
  calendarUrl: url,
  services: [
    { name: 'cloud', process: { pid: 4711, started: '1' }, owner: null, folder: '/somewhere' },
  ],
  keeper: null,
});

describe('local state', () => {
  const state = stateAt('http://127.0.0.1:1');

  test('is read as it was written, until it is removed', async () => {
    await expect(readLocalState(project)).resolves.toBeNull();
    await writeLocalState(project, state);
    await expect(readLocalState(project)).resolves.toEqual(state);
    await removeLocalState(project);
    await expect(readLocalState(project)).resolves.toBeNull();
  });

  test.each(['', '{"endpoint":', '{"endpoint":"http://127.0.0.1:1"}', 'null'])(
    'is nothing when the file holds %j',
    async (content) => {
      await mkdir(join(project, '.signalbox'));
      await writeFile(join(project, '.signalbox', 'local.json'), content);
      await expect(readLocalState(project)).resolves.toBeNull();
    },
  );
});

describe('localStatus', () => {
  test('tells that nothing is up', async () => {
    await expect(localStatus(project)).resolves.toEqual({ isUp: false, cloud: null, parts: [] });
  });

  test('tells which parts do not answer', async () => {
    await writeLocalState(project, stateAt(`http://127.0.0.1:${await freePort()}`));
    const { isUp, parts } = await localStatus(project);
    expect(isUp).toBe(true);
    expect(parts.map(({ name, answer }) => [name, answer])).toEqual(
      ['cloud', 'api', 'model-server', 'helpdesk', 'crm', 'calendar'].map((name) => [
        name,
        'unreachable',
      ]),
    );
  });
});

describe('environmentFor', () => {
  test('names the local cloud, and no account or profile of the caller', () => {
    const environment = environmentFor(
      { AWS_PROFILE: 'prod', AWS_SESSION_TOKEN: 'secret', CDK_DEFAULT_ACCOUNT: '1', PATH: '/bin' },
      'http://127.0.0.1:4711',
    );
    expect(environment).toMatchObject({
      PATH: '/bin',
      AWS_ENDPOINT_URL: 'http://127.0.0.1:4711',
      AWS_ACCESS_KEY_ID: 'test',
    });
    expect(Object.keys(environment)).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/AWS_PROFILE|AWS_SESSION_TOKEN|CDK_DEFAULT_ACCOUNT/),
      ]),
    );
  });
});

describe('localApiUrl', () => {
  test('is a path of the cloud', () => {
    expect(localApiUrl('http://127.0.0.1:4711', { ApiId: 'a1', ApiStage: 'local' })).toBe(
      'http://127.0.0.1:4711/_aws/execute-api/a1/local',
    );
  });

  test('needs the outputs of the api stack, and names the one that is missing', () => {
    expect(() => localApiUrl('http://127.0.0.1:4711', { ApiId: 'a1' })).toThrow('output ApiStage');
    expect(() => localApiUrl('http://127.0.0.1:4711', {})).toThrow('output ApiId');
  });
});

describe('progressOf', () => {
  test('tells which stack is deployed', () => {
    expect(progressOf('signalbox-local-data: deploying... [1/5]')).toBe(
      'Deploying signalbox-local-data (1 of 5)',
    );
  });

  test('passes over everything else', () => {
    expect(progressOf('✅  signalbox-local-data')).toBeNull();
  });
});

describe('asCliError', () => {
  test('keeps code, next step and the log of an error of the local cloud', () => {
    const error = asCliError(new ServiceStartError('cloud', 'ended', 'last line'));
    expect(error).toBeInstanceOf(ErrorWithOutput);
    expect(error).toMatchObject({
      code: 'SERVICE_START_FAILED',
      message: 'the local cloud ended',
      next: expect.stringContaining('.signalbox/logs/cloud.log'),
      output: 'last line',
    });
  });

  test('leaves every other error as it is', () => {
    const other = new RangeError('other');
    expect(asCliError(other)).toBe(other);
  });
});

describe('signalbox deploy', () => {
  const main = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url));
  const run = (args: readonly string[]) =>
    new Promise<{ code: unknown; stderr: string }>((resolve) => {
      // An account-less machine: nothing of this one's environment, an empty home.
      const env = {
        PATH: dirname(process.execPath),
        HOME: project,
        AWS_EC2_METADATA_DISABLED: 'true',
      };
      execFile(
        process.execPath,
        [main, 'deploy', ...args],
        { cwd: project, env },
        (error, _, stderr) => resolve({ code: error?.code ?? 0, stderr }),
      );
    });

  test('without credentials fails before anything is built, and says what to do', async () => {
    const { code, stderr } = await run(['--stage', 'dev', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'CREDENTIALS_MISSING', next: expect.stringContaining('AWS_PROFILE') },
    });
  });

  test('refuses stage local and unknown stages by name', async () => {
    const [local, unknown] = await Promise.all([run(['--stage', 'local']), run(['--stage', 'qa'])]);
    expect(local).toMatchObject({ code: 1, stderr: expect.stringContaining('npm start') });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('local, dev, prod') });
  });
});
