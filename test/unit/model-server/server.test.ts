import { afterEach, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { RunningServer } from '../../../localstack/json-server.ts';
import type { Faults } from '../../../localstack/model-server/faults.ts';
import { startModelServer } from '../../../localstack/model-server/server.ts';

let server: RunningServer;
afterEach(() => server.close());

const start = async (faults: Partial<Faults> = {}) => {
  server = await startModelServer({ port: 0, faults });
};
const post = (path: string, body: unknown, signal?: AbortSignal) =>
  fetch(server.url + path, {
    method: 'POST',
    body: JSON.stringify(body),
    ...(signal && { signal }),
  });
const get = async (path: string) =>
  z.looseObject({}).parse(await (await fetch(server.url + path)).json());

const Completion = z.looseObject({
  created: z.number(),
  choices: z.tuple([
    z.object({ message: z.object({ content: z.string() }), finish_reason: z.string() }),
  ]),
});
const completion = async (response: Response) => Completion.parse(await response.json());
const contentOf = async (response: Response) =>
  (await completion(response)).choices[0].message.content;

const format = {
  type: 'json_schema',
  json_schema: {
    name: 'intent',
    schema: { type: 'object', properties: { intent: { type: 'string' } }, required: ['intent'] },
  },
};
const request = {
  model: 'any',
  messages: [
    { role: 'system', content: 'Sort it.' },
    { role: 'user', content: '<query>\nWhat is a step?\n</query>' },
  ],
  max_tokens: 50,
  response_format: format,
};
const chat = (change: object = {}, signal?: AbortSignal) =>
  post('/v1/chat/completions', { ...request, ...change }, signal);

describe('POST /v1/chat/completions', () => {
  test('answers structured output with usage', async () => {
    await start();
    const answer = await chat();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      object: 'chat.completion',
      model: 'any',
      choices: [
        { message: { role: 'assistant', content: '{"intent":"question"}' }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: 10, completion_tokens: 6, total_tokens: 16 },
    });
  });

  test('gives the same reply for the same request', async () => {
    await start();
    const [a, b] = await Promise.all([chat(), chat()]);
    expect({ ...(await completion(a)), created: 0 }).toEqual({
      ...(await completion(b)),
      created: 0,
    });
  });

  test('reads content in parts', async () => {
    await start();
    const content = [{ type: 'text', text: '<query>I want to talk to a human</query>' }];
    const answer = await chat({ messages: [{ role: 'user', content }] });
    expect(await contentOf(answer)).toBe('{"intent":"person"}');
  });

  test('cuts a reply at max_tokens and says so', async () => {
    await start();
    const answer = await completion(await chat({ max_tokens: 2 }));
    expect(answer.choices[0]).toMatchObject({
      message: { content: '{"intent' },
      finish_reason: 'length',
    });
  });

  test('answers plain text without a format', async () => {
    await start();
    const messages = [{ role: 'user', content: 'The sea is blue. It is wide.' }];
    const answer = await chat({ messages, response_format: undefined });
    expect(await contentOf(answer)).toBe('The sea is blue. It is wide.');
  });

  test.each([
    { messages: [] },
    { model: '' },
    { stream: true },
    { response_format: { type: 'grammar' } },
    { max_tokens: 0 },
  ])('refuses %j with 400', async (change) => {
    await start();
    expect((await chat(change)).status).toBe(400);
    expect(await get('/admin/stats')).toMatchObject({ requests: 1, refused: 1, answered: 0 });
  });

  test('refuses a body that is too large', async () => {
    await start();
    const messages = [{ role: 'user', content: 'x'.repeat(1_000_001) }];
    expect((await chat({ messages })).status).toBe(413);
  });
});

describe('faults', () => {
  test('answer 429 with Retry-After beyond the rate limit', async () => {
    await start({ rateLimit: { perSecond: 0.1, burst: 1 } });
    expect((await chat()).status).toBe(200);
    const refused = await chat();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('10');
  });

  test('can be changed while it runs', async () => {
    await start();
    const changed = await post('/admin/faults', { errorRate: 1 });
    expect(await changed.json()).toMatchObject({ errorRate: 1, hangRate: 0 });
    expect((await chat()).status).toBe(500);
    expect(await get('/admin/stats')).toMatchObject({ requests: 1, failed: 1 });
  });

  test.each([
    { errorRate: 2 },
    { latency: 5 },
    { speed: 1 },
    { rateLimit: { perSecond: 1, burst: 0 } },
  ])('refuses %j', async (change) => {
    await start();
    expect((await post('/admin/faults', change)).status).toBe(422);
  });

  test('answer 503 during an outage, and again after it', async () => {
    await start({ outage: '503' });
    expect((await chat()).status).toBe(503);
    await post('/admin/faults', { outage: null });
    expect((await chat()).status).toBe(200);
    expect(await get('/admin/stats')).toMatchObject({ failed: 1, answered: 1 });
  });

  test('delay an answer by the latency', async () => {
    await start({ latency: { medianMs: 60, sigma: 0 } });
    const before = performance.now();
    await chat();
    expect(performance.now() - before).toBeGreaterThanOrEqual(55);
  });

  test('leave a request hanging until the caller gives up', async () => {
    await start({ hangRate: 1 });
    const controller = new AbortController();
    const hanging = chat({}, controller.signal);
    await expect.poll(() => get('/admin/stats')).toMatchObject({ inFlight: 1 });
    controller.abort();
    await expect(hanging).rejects.toThrow();
    await expect
      .poll(() => get('/admin/stats'))
      .toMatchObject({ inFlight: 0, hung: 1, answered: 0 });
  });
});

test('GET /admin/stats counts answers by schema name', async () => {
  await start();
  await chat();
  await chat({ response_format: undefined });
  expect(await get('/admin/stats')).toEqual({
    requests: 2,
    answered: 2,
    throttled: 0,
    failed: 0,
    hung: 0,
    refused: 0,
    inFlight: 0,
    bySkill: { intent: 1, text: 1 },
  });
});

test('GET /v1/models and /health answer', async () => {
  await start();
  expect(await get('/v1/models')).toMatchObject({ data: [{ object: 'model' }] });
  expect(await get('/health')).toEqual({ status: 'ok' });
});
