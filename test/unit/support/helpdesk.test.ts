import { afterEach, describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { isKnownFailure } from '#runtime/core/effect.ts';
import { failureOf } from '#runtime/core/failure.ts';
import { helpdeskUrl } from '../../../functions/support/environment.ts';
import {
  askHelpdesk,
  helpdeskAt,
  TicketUnclearError,
} from '../../../functions/support/helpdesk.ts';
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

  test.each([408, 429])('a %i is worth another attempt: nothing was done', async (status) => {
    const desk = await deskThatAnswers({ status, body: {} });
    await expect(open(desk)).rejects.toBeInstanceOf(RetryableError);
  });

  test.each([500, 502, 503])(
    'R2: after a %i nobody knows whether a ticket was opened',
    async (status) => {
      const desk = await deskThatAnswers({ status, body: {} });
      await expect(open(desk)).rejects.toBeInstanceOf(TicketUnclearError);
    },
  );

  test.each([400, 401, 404, 422])('a %i is not', async (status) => {
    const desk = await deskThatAnswers({ status, body: { error: 'no such customer' } });
    await expect(open(desk)).rejects.toBeInstanceOf(TerminalError);
    await expect(open(desk)).rejects.toThrow('no such customer');
  });

  test('R2: an answer that is no ticket leaves it unclear', async () => {
    const desk = await deskThatAnswers({ status: 200, body: { hello: 'world' } });
    await expect(open(desk)).rejects.toBeInstanceOf(TicketUnclearError);
    await expect(open(desk)).rejects.toThrow('Check HELPDESK_URL');
  });

  test('R2: a connection that fails leaves it unclear', async () => {
    const desk = helpdeskAt('http://127.0.0.1:1');
    await expect(open(desk)).rejects.toBeInstanceOf(TicketUnclearError);
  });

  test('R2: an unclear ticket is neither a failure nor a success, and its attempt is tried again', () => {
    const unclear = new TicketUnclearError('503');
    expect(isKnownFailure(unclear, never)).toBe(false);
    expect(failureOf(unclear)).toMatchObject({ code: 'UNHANDLED', retryable: true });
  });

  test('looking for a ticket is worth another attempt when it fails', async () => {
    await expect(helpdeskAt('http://127.0.0.1:1').find('key-1', never)).rejects.toBeInstanceOf(
      RetryableError,
    );
    running = await startJsonServer({ 'GET /tickets': () => ({ status: 503, body: {} }) }, 0);
    await expect(helpdeskAt(running.url).find('key-1', never)).rejects.toBeInstanceOf(
      RetryableError,
    );
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
