/** The frame of the embedded cloud's behaviours: what it refuses to start on, and what it says then. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findPython } from '../../../localstack/python.ts';
import { runCommand } from '../../../localstack/run-command.ts';

const LOCALSTACK = resolve(import.meta.dirname, '../../../localstack');

const python = await findPython({ environment: process.env, platform: process.platform }).then(
  ({ executable }) => executable,
  () => null,
);

describe.skipIf(python === null)('the frame of the behaviours', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-fidelity-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = (code: string) =>
    runCommand(python ?? '', ['-I', '-B', '-c', code], { env: {}, timeoutMs: 20_000 });

  /** Starts as the launcher does, with a package of this version that has nothing in it. */
  async function startOn(version: string) {
    const packages = join(folder, version);
    const metadata = join(packages, `ministack-${version}.dist-info`);
    await mkdir(metadata, { recursive: true });
    await mkdir(join(packages, 'ministack'), { recursive: true });
    await writeFile(join(metadata, 'METADATA'), `Name: ministack\nVersion: ${version}\n`);
    await writeFile(join(packages, 'ministack', '__init__.py'), '');
    return run(`
import runpy, sys
sys.path.insert(0, ${JSON.stringify(packages)})
runpy.run_path(${JSON.stringify(join(LOCALSTACK, 'fidelity'))}, run_name='__main__')`);
  }

  test('refuses another version, and says which one it found, wants, and what to do', async () => {
    const { code, stderr } = await startOn('1.5.34');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: /);
    expect(stderr).toContain('found 1.5.34');
    expect(stderr).toContain('exactly 1.5.33');
    expect(stderr).toContain('localstack/requirements.in');
    expect(stderr).not.toContain('Traceback');
  });

  test('refuses a package of that version that is built otherwise', async () => {
    const { code, stderr } = await startOn('1.5.33');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ERROR: .*ministack/);
    expect(stderr).toContain('delete the .signalbox folder');
    expect(stderr).not.toContain('Traceback');
  });

  test.each([
    ['what is there, as declared', `'singledispatch', 'func'`, 'None'],
    ['what is there', `'WRAPPER_ASSIGNMENTS'`, 'None'],
    ['a member of a class', `'partial.__call__', 'self, /, *args, **kwargs'`, 'None'],
    ['what is missing', `'absent'`, "it isn't there"],
    ['a member that is missing', `'partial.absent'`, "it isn't there"],
    ['other parameters', `'total_ordering', 'class_'`, 'its parameters are (cls), not (class_)'],
    ['no function', `'WRAPPER_UPDATES', ''`, 'it is a tuple, not a function'],
    ['a text that has a part', `'__name__', contains='tools'`, 'None'],
    ['a text that lacks it', `'__name__', contains='absent'`, "it doesn't contain 'absent'"],
  ])('compares %s', async (_, need, mismatch) => {
    const { stdout, stderr } = await run(`
import sys
sys.path.insert(0, ${JSON.stringify(LOCALSTACK)})
from fidelity.frame.behaviour import Need
from fidelity.frame.self_test import find_mismatch
print(find_mismatch(Need('functools', ${need})))`);
    expect(`${stdout}${stderr}`.trim()).toBe(mismatch);
  });
});
