/** The local servers as processes of their own: what `up` starts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';

let child: ChildProcess;
afterEach(() => child.kill('SIGKILL'));

function start(server: string, ...args: string[]) {
  const script = new URL(`../../../localstack/${server}/main.ts`, import.meta.url).pathname;
  const started = spawn(process.execPath, [script, '--port', '0', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  return started;
}

describe.each(['model-server', 'helpdesk', 'crm', 'calendar'])('%s', (server) => {
  test('tells where it listens, answers there, and ends well on SIGTERM', async () => {
    const process = start(server);
    const [line] = await once(createInterface(process.stdout), 'line');
    const { url } = z.object({ url: z.url() }).parse(JSON.parse(line));
    expect((await fetch(`${url}/health`)).status).toBe(200);
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});

test('the model server says what is wrong with a setting', async () => {
  const process = start('model-server', '--error-rate', '2');
  const [[line], [code]] = await Promise.all([
    once(createInterface(process.stderr), 'line'),
    once(process, 'exit'),
  ]);
  expect(code).toBe(1);
  expect(line).toContain('expected number to be <=1');
});
