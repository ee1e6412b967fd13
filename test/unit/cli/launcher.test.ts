import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Makes the launcher believe that an old Node runs it. */
const OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'18.20.0'}})`;
const MAIN = `
const [command, ...rest]: string[] = process.argv.slice(2);
console.log(JSON.stringify({ command, rest, versions: process.versions.node }));
if (command === 'wait') setInterval(() => {}, 1000);
else process.exitCode = Number(rest[0] ?? 0);
`;

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'signalbox-launcher-'));
  await mkdir(join(project, 'cli'));
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await writeFile(join(project, 'cli/main.ts'), MAIN);
  await copyFile('cli/signalbox.mjs', join(project, 'cli/signalbox.mjs'));
});

afterEach(() => rm(project, { recursive: true, force: true }));

async function installNode(): Promise<void> {
  await mkdir(join(project, 'node_modules/node/bin'), { recursive: true });
  await symlink(process.execPath, join(project, 'node_modules/node/bin/node'));
}

function launch(options: readonly string[], args: readonly string[]) {
  const child = spawn(process.execPath, [...options, join(project, 'cli/signalbox.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout), text(child.stderr)]).then(
    ([[code, signal], out, err]) => ({ code, signal, out, err }),
  );
  return { child, ended };
}

describe('the launcher', () => {
  it('runs the program itself under a Node that can', async () => {
    const { code, out } = await launch([], ['list', '7']).ended;
    expect(code).toBe(7);
    expect(JSON.parse(out)).toMatchObject({ command: 'list', rest: ['7'] });
  });

  it('hands over to the project’s Node under an old one, with arguments and exit code', async () => {
    await installNode();
    const { code, out } = await launch(['--import', OLD], ['start', '3', 'a b', '']).ended;
    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      command: 'start',
      rest: ['3', 'a b', ''],
      versions: process.versions.node,
    });
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('passes %s on and exits as a shell says it: %d', async (signal, expected) => {
    await installNode();
    const { child, ended } = launch(['--import', OLD], ['wait']);
    await once(child.stdout, 'data');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: expected, signal: null });
  });

  it('says what to do when no such Node is there', async () => {
    const { code, err } = await launch(['--import', OLD], ['list']).ended;
    expect(code).toBe(1);
    expect(err).toContain('this is Node 18.20.0; Node 24 or later is needed');
    expect(err).toContain('npm ci');
  });
});
