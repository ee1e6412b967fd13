import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PythonMissingError, VenvModuleMissingError } from '../../../localstack/errors.ts';
import { explainMissing, findPython, isUsable, type Python } from '../../../localstack/python.ts';

const python = (minor: number, hasVenv: boolean): Python => ({
  executable: `/somewhere/python3.${minor}`,
  version: [3, minor, 4],
  hasVenv,
});

describe('isUsable', () => {
  test.each([
    [python(9, true), false],
    [python(10, true), true],
    [python(13, true), true],
    [python(12, false), false],
    [{ ...python(7, true), version: [2, 7, 18] } satisfies Python, false],
    [{ ...python(0, true), version: [4, 0, 0] } satisfies Python, true],
  ])('%o: %s', (candidate, expected) => {
    expect(isUsable(candidate)).toBe(expected);
  });
});

describe('explainMissing', () => {
  test('without any Python, names the package of the system', () => {
    const onLinux = explainMissing([], 'linux');
    expect(onLinux).toBeInstanceOf(PythonMissingError);
    expect(onLinux.problem).toContain('found: none');
    expect(onLinux.next).toContain('sudo apt-get install python3 python3-venv');
    expect(explainMissing([], 'darwin').next).toContain('brew install python');
  });

  test('with old ones only, says which were found', () => {
    const error = explainMissing([python(8, true), python(9, true)], 'linux');
    expect(error).toBeInstanceOf(PythonMissingError);
    expect(error.problem).toContain('/somewhere/python3.8 (3.8.4), /somewhere/python3.9 (3.9.4)');
  });

  test('Y2: a new Python without venv is the nearest miss, whatever else is there', () => {
    const error = explainMissing([python(12, false), python(9, true)], 'linux');
    expect(error).toBeInstanceOf(VenvModuleMissingError);
    expect(error.problem).toContain('/somewhere/python3.12 (3.12.4)');
    expect(error.next).toContain('sudo apt-get install python3.12-venv');
  });

  test('always shows the way with Docker', () => {
    expect(explainMissing([], 'linux').next).toContain('docker compose -f localstack/compose.yaml');
    expect(explainMissing([python(12, false)], 'darwin').next).toContain('AWS_ENDPOINT_URL');
  });
});

describe('findPython', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-python-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** A command that answers the probe like a Python. */
  async function fake(name: string, answer: Python | null): Promise<void> {
    const file = join(folder, name);
    const says = answer === null ? 'exit 127' : `echo '${JSON.stringify(answer)}'`;
    await writeFile(file, `#!/bin/sh\n${says}\n`);
    await chmod(file, 0o755);
  }
  const find = (more: Record<string, string> = {}) =>
    findPython({ environment: { PATH: folder, ...more }, platform: 'linux' });

  test('passes over a placeholder that only prints an error', async () => {
    await fake('python3.13', null);
    await fake('python3.11', python(11, true));
    await expect(find()).resolves.toEqual(python(11, true));
  });

  test('passes over one without venv when another has it', async () => {
    await fake('python3.12', python(12, false));
    await fake('python3', python(10, true));
    await expect(find()).resolves.toEqual(python(10, true));
  });

  test('fails on an empty PATH', async () => {
    await expect(find()).rejects.toThrow(PythonMissingError);
  });

  test('Y1: a named Python is the only candidate', async () => {
    await fake('python3', python(12, true));
    await fake('mine', python(11, false));
    await expect(find({ SIGNALBOX_PYTHON: 'mine' })).rejects.toThrow(VenvModuleMissingError);
    await expect(find({ SIGNALBOX_PYTHON: 'none-such' })).rejects.toThrow(
      'nothing usable as SIGNALBOX_PYTHON=none-such',
    );
  });
});
