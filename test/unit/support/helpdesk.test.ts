import { afterEach, describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { helpdeskUrl } from '../../../functions/support/environment.ts';
import { askHelpdesk, helpdeskAt } from '../../../functions/support/helpdesk.ts';
import { startHelpdesk } from '../../../localstack/helpdesk/server.ts';
import {
  type JsonAnswer,
  type RunningServer,
  startJsonServer,
} from '../../../localstack/json-server.ts';

const ticket = { customerId: 'c-1', subject: 'Help', body: 'Please.' };
const never = new AbortController().signal;

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function deskThatAnswers(answer: JsonAnswer) {
  running = await startJsonServer({ 'POST /tickets': () => answer }, 0);
  return helpdeskAt(running.url);
}
const open = (desk: ReturnType<typeof helpdeskAt>, signal = never) =>
  desk.open(ticket, { idempotencyKey: 'key-1', signal });

describe('the helpdesk client', () => {
  test('opens one ticket for one key, and finds it', async () => {
    running = await startHelpdesk({ port: 0 });
    const desk = helpdeskAt(running.url);
    expect(await desk.find('key-1', never)).toBeNull();
    const opened = await open(desk);
    expect(await open(desk)).toEqual(opened);
    expect(await desk.find('key-1', never)).toEqual(opened);
  });

  test('R2: after a crash it finds the ticket by its key, or says that there is none', async () => {
    running = await startHelpdesk({ port: 0 });
    const desk = helpdeskAt(running.url);
    const { reconcile } = askHelpdesk(desk);
    expect(await reconcile('key-1', never)).toBe('absent');
    const opened = await open(desk);
    expect(await reconcile('key-1', never)).toEqual({ found: opened });
  });

  test.each([408, 429, 500, 503])('a %i is worth another attempt', async (status) => {
    const desk = await deskThatAnswers({ status, body: {} });
    await expect(open(desk)).rejects.toBeInstanceOf(RetryableError);
  });

  test.each([400, 401, 404, 422])('a %i is not', async (status) => {
    const desk = await deskThatAnswers({ status, body: { error: 'no such customer' } });
    await expect(open(desk)).rejects.toBeInstanceOf(TerminalError);
    await expect(open(desk)).rejects.toThrow('no such customer');
  });

  test('an answer that is no ticket is refused', async () => {
    const desk = await deskThatAnswers({ status: 200, body: { hello: 'world' } });
    await expect(open(desk)).rejects.toThrow('not a ticket');
  });

  test('an unreachable helpdesk is worth another attempt', async () => {
    const desk = helpdeskAt('http://127.0.0.1:1');
    await expect(open(desk)).rejects.toBeInstanceOf(RetryableError);
  });

  test('stops waiting when its signal aborts, with the reason of the signal', async () => {
    running = await startJsonServer({ 'POST /tickets': () => null }, 0);
    const reason = new RetryableError('the attempt is over');
    const controller = new AbortController();
    const opening = open(helpdeskAt(running.url), controller.signal);
    controller.abort(reason);
    await expect(opening).rejects.toBe(reason);
  });
});

describe('HELPDESK_URL', () => {
  test('is read from the environment', () => {
    expect(helpdeskUrl({ HELPDESK_URL: 'https://desk.example.com' })).toBe(
      'https://desk.example.com',
    );
  });

  test.each([undefined, '', 'desk'])('%j ends the step with what to set', (value) => {
    expect(() => helpdeskUrl({ HELPDESK_URL: value })).toThrow(TerminalError);
    expect(() => helpdeskUrl({ HELPDESK_URL: value })).toThrow('infra/config.ts');
  });
});
