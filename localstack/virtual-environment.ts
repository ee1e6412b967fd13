/**
 * The Python packages of the embedded cloud, installed once per project.
 *
 * Job: a virtual environment in the cache folder with exactly what `requirements.txt` pins.
 * Boundary: pip, by its ordinary configuration; wheels only, every hash checked, so nothing that
 * comes from the network runs before it was compared with the lock.
 *
 * Invariants
 * V1. The folder is complete or absent: it is built aside and moved into place.
 * V2. A changed requirements file is another folder; an interpreter that was upgraded or removed
 *     fails the stamp. Both install anew, nothing else does.
 */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import { CloudInstallError } from './errors.ts';
import { withInstallLock } from './install-lock.ts';
import { parseJson } from './parse-json.ts';
import { findPython, probePython, versionText } from './python.ts';
import type { Report } from './report.ts';
import { runCommand } from './run-command.ts';

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const OUTPUT_LINES_SHOWN = 15;

const StampSchema = z.object({ requirements: z.string(), python: z.string() });
/** What an installation was made from. */
export type Stamp = z.infer<typeof StampSchema>;

export interface InstallOptions {
  readonly cacheFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
}

/**
 * The path of the environment's Python; installs at first use (about 15 s).
 * @throws PythonMissingError, VenvModuleMissingError, CloudInstallError
 */
export async function ensureVirtualEnvironment(options: InstallOptions): Promise<string> {
  const requirements = hashOf(await readFile(REQUIREMENTS, 'utf8'));
  const folder = join(options.cacheFolder, `python-${requirements.slice(0, 12)}`);
  if (await isCurrent(folder, requirements, options)) return pythonIn(folder);
  options.report('Preparing the embedded cloud, once');
  await mkdir(options.cacheFolder, { recursive: true });
  await withInstallLock(`${folder}.lock`, INSTALL_TIMEOUT_MS, async () => {
    if (!(await isCurrent(folder, requirements, options))) {
      await install(folder, requirements, options);
    }
  });
  return pythonIn(folder);
}

const pythonIn = (folder: string): string => join(folder, 'bin', 'python');

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function isCurrent(
  folder: string,
  requirements: string,
  { environment }: InstallOptions,
): Promise<boolean> {
  const text = await readFile(join(folder, 'stamp.json'), 'utf8').catch(() => '');
  const stamp = parseJson(StampSchema, text);
  if (stamp === null) return false;
  const python = await probePython(pythonIn(folder), environment);
  return python !== null && matches(stamp, { requirements, python: versionText(python) });
}

export const matches = (stamp: Stamp, wanted: Stamp): boolean =>
  stamp.requirements === wanted.requirements && stamp.python === wanted.python;

async function install(folder: string, requirements: string, options: InstallOptions) {
  const { environment, report } = options;
  const python = await findPython({ environment, platform: process.platform });
  const aside = await mkdtemp(`${folder}.part-`);
  try {
    report(`Installing the embedded cloud with Python ${versionText(python)}`);
    await step(python.executable, ['-I', '-m', 'venv', aside], environment);
    report('Installing the embedded cloud: its pinned packages');
    await step(pythonIn(aside), [...PIP_INSTALL, '--requirement', REQUIREMENTS], environment);
    const stamp: Stamp = { requirements, python: versionText(python) };
    await writeFile(join(aside, 'stamp.json'), JSON.stringify(stamp));
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    // Another process may have moved its own into place meanwhile.
    if (!(await isCurrent(folder, requirements, options))) throw error;
  }
}

/** Not compiled at once: that doubles time and size, and Python compiles what it really imports. */
const PIP_INSTALL = [
  '-I',
  '-m',
  'pip',
  'install',
  '--disable-pip-version-check',
  '--no-input',
  '--no-compile',
  '--no-deps',
  '--only-binary=:all:',
  '--require-hashes',
  '--progress-bar=off',
];

async function step(
  command: string,
  args: readonly string[],
  env: InstallOptions['environment'],
): Promise<void> {
  const { code, stdout, stderr } = await runCommand(command, args, {
    env,
    timeoutMs: INSTALL_TIMEOUT_MS,
  });
  if (code === 0) return;
  const lines = `${stdout}\n${stderr}`.trim().split('\n').slice(-OUTPUT_LINES_SHOWN);
  throw new CloudInstallError([command, ...args].join(' '), lines.join('\n'));
}
