import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { registerEvents } from '../../../cli/events/register-events.ts';
import { commandLine } from './command-line.ts';

const ACCEPTED = {
  run: 'r1',
  event: { id: 'e1', type: 'user.message.received', time: '2026-11-24T12:00:00.000Z' },
};

const send = (argv: readonly string[], cwd = '/nowhere') =>
  commandLine(
    [registerEvents],
    ['events', 'send', ...argv],
    () => ({ status: 202, body: ACCEPTED }),
    { cwd, width: 100 },
  );

const TYPE = 'user.message.received';

describe('events send', () => {
  it('tells the event to a new run, under a key of its own, and says how to watch it', async () => {
    const { out, exitCode, received } = await send([TYPE, '--data', '{"text":"hello"}']);
    expect(exitCode).toBe(0);
    expect(received).toMatchObject([
      { method: 'POST', path: '/events', body: `{"type":"${TYPE}","data":{"text":"hello"}}` },
    ]);
    expect(received[0]?.headers['idempotency-key']).toMatch(/./);
    expect(out).toBe(`r1  began with ${TYPE}\nsee how it goes: signalbox runs watch r1\n`);
  });

  it('tells it to the run that is named, under the key that is given', async () => {
    const argv = [TYPE, '--data', '{}', '--run', 'r1', '--key', 'k1', '--subscriptions', 'chat'];
    const { out, received } = await send(argv);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      type: TYPE,
      data: {},
      run: 'r1',
      subscriptions: 'chat',
    });
    expect(received[0]?.headers['idempotency-key']).toBe('k1');
    expect(out).toContain(`r1  was told ${TYPE}`);
  });

  it('reads the data from a file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'signalbox-'));
    writeFileSync(path.join(folder, 'data.json'), '{"text":"from a file"}');
    const { received } = await send([TYPE, '--data', '@data.json'], folder);
    expect(JSON.parse(received[0]?.body ?? '')).toMatchObject({ data: { text: 'from a file' } });
  });

  it('prints what the API has answered as JSON', async () => {
    const { out } = await send([TYPE, '--data', '{}', '--json']);
    expect(JSON.parse(out)).toEqual(ACCEPTED);
  });

  it.each([
    ['no JSON', '{text}', '--data is not JSON'],
    ['a file that there is not', '@nothing.json', '--data cannot be read'],
  ])('refuses data that are %s, and sends nothing', async (_, data, says) => {
    const { err, exitCode, received } = await send([TYPE, '--data', data]);
    expect([exitCode, received]).toEqual([2, []]);
    expect(err).toContain(says);
  });
});
