import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  CloudInstallError,
  CloudUnreachableError,
  type LocalCloudError,
  NodeMissingError,
  PythonMissingError,
  ServiceStartError,
  VenvModuleMissingError,
} from '../../../localstack/errors.ts';
import { nodeFolder } from '../../../localstack/node-folder.ts';
import { readyUrl } from '../../../localstack/node-service.ts';
import { hashOf, matches } from '../../../localstack/virtual-environment.ts';

describe('errors of the local cloud', () => {
  test.each<[LocalCloudError, string]>([
    [new PythonMissingError('none', 'x'), 'PYTHON_MISSING'],
    [new VenvModuleMissingError('python', 'x'), 'PYTHON_VENV_MISSING'],
    [new CloudInstallError('pip install', 'lines'), 'CLOUD_INSTALL_FAILED'],
    [new NodeMissingError('20.1.0'), 'NODE_MISSING'],
    [new ServiceStartError('cloud', 'ended', 'lines'), 'SERVICE_START_FAILED'],
    [new CloudUnreachableError('http://x', 'refused'), 'CLOUD_UNREACHABLE'],
  ])('%s has a code, and says what to do', (error, code) => {
    expect(error.code).toBe(code);
    expect(error.name).toBe(error.constructor.name);
    expect(error.message).toContain(`${error.problem}. ${error.next}`);
    expect(error.next).toMatch(/^[A-Z].*\.$/);
  });

  test('show the end of the log', () => {
    expect(new ServiceStartError('cloud', 'ended', 'a\nb\n').message).toMatch(/\na\nb$/);
  });
});

describe('the stamp of an installation', () => {
  const stamp = { requirements: hashOf('ministack==1\n'), python: '3.11.7' };

  test('matches the same requirements and Python', () => {
    expect(matches(stamp, { ...stamp })).toBe(true);
  });

  test.each([
    ['other requirements', { ...stamp, requirements: hashOf('ministack==2\n') }],
    ['another Python', { ...stamp, python: '3.11.8' }],
  ])('does not match %s', (_what, wanted) => {
    expect(matches(stamp, wanted)).toBe(false);
  });
});

describe('nodeFolder', () => {
  test('is the running Node from 24 on', () => {
    expect(nodeFolder({ execPath: '/opt/node/bin/node', version: '24.1.0' })).toBe('/opt/node/bin');
  });

  test("is the project's own under an older Node", () => {
    const folder = nodeFolder({ execPath: '/usr/bin/node', version: '20.20.2' });
    expect(folder).toMatch(/node_modules\/node\/bin$/);
    expect(folder).not.toBe(dirname('/usr/bin/node'));
  });
});

describe('readyUrl', () => {
  const ready = '{"url":"http://127.0.0.1:4010"}';

  test('finds the line among others', () => {
    expect(readyUrl(`warming up\n{"level":"info"}\n${ready}\nserved\n`)).toBe(
      'http://127.0.0.1:4010',
    );
  });

  test('waits for the end of the line', () => {
    expect(readyUrl(ready)).toBeNull();
    expect(readyUrl('')).toBeNull();
  });
});
