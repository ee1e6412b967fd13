import type { RestCall } from '../../support/rest-event.ts';
import type { apiUnderTest } from './api-under-test.ts';

export const HELLO = { type: 'message.received', data: { text: 'A table for two' } };

export const eventCall = (
  body: unknown = HELLO,
  headers: Readonly<Record<string, string>> = {},
): RestCall => ({
  method: 'POST',
  path: '/events',
  headers: { 'Content-Type': 'application/json', ...headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

export const keyed = (key: string, body: unknown = HELLO) =>
  eventCall(body, { 'Idempotency-Key': key });

export const typesOf = (api: ReturnType<typeof apiUnderTest>): string[] =>
  api.events.events.map(({ type }) => type);
