import { afterEach, describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { crmAt } from '../../../functions/lead-qualification/crm.ts';
import { crmUrl } from '../../../functions/lead-qualification/environment.ts';
import {
  type JsonAnswer,
  type RunningServer,
  startJsonServer,
} from '../../../localstack/json-server.ts';

const qualification = { leadId: 'l-1', segment: 'consumer', score: 0.5, grade: 'warm' } as const;
const never = new AbortController().signal;

let running: RunningServer | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

async function crmThatAnswers(answer: JsonAnswer | null) {
  const route = () => answer;
  running = await startJsonServer({ 'GET /histories': route, 'PUT /qualifications': route }, 0);
  return crmAt(running.url);
}

const both = (crm: ReturnType<typeof crmAt>, signal = never) => [
  () => crm.history('l-1', signal),
  () => crm.qualify(qualification, { idempotencyKey: 'k', signal }),
];

describe('the client of the customer system', () => {
  test.each([
    [{ 'retry-after': '7' }, 7],
    [{ 'retry-after': 'Fri, 31 Dec 1999 23:59:59 GMT' }, 1],
    [{}, 1],
  ])('is told by a 429 with %j to come back after %i s', async (headers, retryAfterSeconds) => {
    const crm = await crmThatAnswers({ status: 429, body: {}, headers });
    for (const call of both(crm)) {
      await expect(call()).rejects.toMatchObject({ name: 'RetryableError', retryAfterSeconds });
    }
  });

  test.each([408, 500, 503])('thinks a %i worth another attempt', async (status) => {
    for (const call of both(await crmThatAnswers({ status, body: {} }))) {
      await expect(call()).rejects.toBeInstanceOf(RetryableError);
    }
  });

  test.each([400, 401, 422])('thinks a %i final, and says why', async (status) => {
    for (const call of both(await crmThatAnswers({ status, body: { error: 'no such field' } }))) {
      await expect(call()).rejects.toBeInstanceOf(TerminalError);
      await expect(call()).rejects.toThrow('no such field');
    }
  });

  test('takes an answer that is none of it for a wrong address', async () => {
    for (const call of both(await crmThatAnswers({ status: 200, body: { hello: 1 } }))) {
      await expect(call()).rejects.toThrow('Check CRM_URL');
    }
  });

  test('thinks a connection that fails worth another attempt', async () => {
    for (const call of both(crmAt('http://127.0.0.1:1'))) {
      await expect(call()).rejects.toBeInstanceOf(RetryableError);
    }
  });

  test('stops waiting when its signal aborts, with the reason of the signal', async () => {
    const crm = await crmThatAnswers(null);
    const reason = new RetryableError('the attempt is over');
    const controller = new AbortController();
    const calls = both(crm, controller.signal).map((call) => call());
    controller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
  });
});

describe('CRM_URL', () => {
  test('is read from the environment', () => {
    expect(crmUrl({ CRM_URL: 'https://crm.example.com' })).toBe('https://crm.example.com');
  });

  test.each([undefined, '', 'crm'])('%j ends the step with what to set', (value) => {
    expect(() => crmUrl({ CRM_URL: value })).toThrow(TerminalError);
    expect(() => crmUrl({ CRM_URL: value })).toThrow('infra/config.ts');
  });
});
