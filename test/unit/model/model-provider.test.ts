/** The provider over real HTTP: what the SDK sends, and what its errors become. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { modelProvider } from '#runtime/adapters/model/model-provider.ts';
import type { ModelRequest } from '#runtime/ports.ts';
import {
  type JsonAnswer,
  type JsonRequest,
  type RunningServer,
  startJsonServer,
} from '../../../localstack/json-server.ts';
import type { Faults } from '../../../localstack/model-server/faults.ts';
import { startModelServer } from '../../../localstack/model-server/server.ts';

let server: RunningServer;
afterEach(() => server.close());

const providerAt = (url: string) =>
  modelProvider({
    MODEL_PROVIDER: 'openai-compatible',
    MODEL_ID: 'stage-model',
    MODEL_BASE_URL: `${url}/v1`,
  });

async function localModel(faults: Partial<Faults> = {}) {
  server = await startModelServer({ port: 0, faults });
  return providerAt(server.url);
}

/** An endpoint that answers as told and keeps what it was sent. */
async function endpoint(answer: (request: JsonRequest) => JsonAnswer | null) {
  const received: unknown[] = [];
  server = await startJsonServer(
    {
      'POST /v1/chat/completions': (request) => {
        received.push(request.body);
        return answer(request);
      },
    },
    0,
  );
  return { provider: providerAt(server.url), received };
}

const completion = (content: string, finish = 'stop'): JsonAnswer => ({
  status: 200,
  body: {
    id: 'c-1',
    object: 'chat.completion',
    created: 0,
    model: 'answering-model',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: finish }],
    usage: { prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 },
  },
});

const schema = {
  type: 'object',
  properties: { intent: { type: 'string', enum: ['question', 'person', 'other'] } },
  required: ['intent'],
};
const request: ModelRequest = {
  name: 'intent',
  system: 'Sort it.',
  prompt: '<query>\nWhat is a step?\n</query>',
  maxOutputTokens: 50,
  signal: new AbortController().signal,
};

describe('the model provider', () => {
  test('asks for an object and gives it with the usage', async () => {
    const provider = await localModel();
    expect(await provider.generate({ ...request, schema })).toEqual({
      text: '{"intent":"question"}',
      object: { intent: 'question' },
      model: 'stage-model',
      usage: { inputTokens: 10, outputTokens: 6 },
    });
  });

  test('gives text and no object when no schema is asked for', async () => {
    const { provider } = await endpoint(() => completion('Hello.'));
    expect(await provider.generate(request)).toEqual({
      text: 'Hello.',
      model: 'answering-model',
      usage: { inputTokens: 7, outputTokens: 3 },
    });
  });

  test('sends model, messages, limit and the schema under the name of the call', async () => {
    const { provider, received } = await endpoint(() => completion('{"intent":"other"}'));
    await provider.generate({ ...request, schema, model: 'other-model' });
    expect(received).toEqual([
      expect.objectContaining({
        model: 'other-model',
        max_tokens: 50,
        messages: [
          { role: 'system', content: 'Sort it.' },
          { role: 'user', content: request.prompt },
        ],
        response_format: {
          type: 'json_schema',
          json_schema: expect.objectContaining({ name: 'intent', schema }),
        },
      }),
    ]);
  });
});

describe('tools', () => {
  const tools = [
    { name: 'look-up', description: 'Reads one document.', schema: { type: 'object' } },
  ] as const;
  const wanting = (...wishes: readonly { name: string; input: string }[]): JsonAnswer => {
    const tool_calls = wishes.map(({ name, input }, i) => ({
      id: `call-${i}`,
      type: 'function',
      function: { name, arguments: input },
    }));
    const message = { role: 'assistant', content: null, tool_calls };
    const { body, ...rest } = completion('');
    return {
      ...rest,
      body: { ...Object(body), choices: [{ index: 0, message, finish_reason: 'tool_calls' }] },
    };
  };

  test('are offered to the model, and what it wants of them is given', async () => {
    const { provider, received } = await endpoint(() =>
      wanting({ name: 'look-up', input: '{"id":"1"}' }, { name: 'look-up', input: '{"id":"2"}' }),
    );
    expect(await provider.generate({ ...request, schema, tools })).toEqual({
      text: '',
      toolRequests: [
        { id: 'call-0', name: 'look-up', input: { id: '1' } },
        { id: 'call-1', name: 'look-up', input: { id: '2' } },
      ],
      reply: expect.anything(),
      model: 'answering-model',
      usage: { inputTokens: 7, outputTokens: 3 },
    });
    expect(received).toMatchObject([
      {
        tools: [
          {
            type: 'function',
            function: {
              name: 'look-up',
              description: 'Reads one document.',
              parameters: { type: 'object' },
            },
          },
        ],
      },
    ]);
  });

  test.each([
    ['that is no JSON', { name: 'look-up', input: '{"id":' }, '{"id":'],
    ['for a tool that is not there', { name: 'no-such', input: '{"id":"1"}' }, { id: '1' }],
  ])('an input %s is given as it came', async (_what, wish, input) => {
    const { provider } = await endpoint(() => wanting(wish));
    const { toolRequests } = await provider.generate({ ...request, tools });
    expect(toolRequests).toEqual([{ id: 'call-0', name: wish.name, input }]);
  });

  test('may be ignored by a model, which just answers', async () => {
    const provider = await localModel();
    const response = await provider.generate({ ...request, schema, tools });
    expect(response).toMatchObject({ object: { intent: 'question' } });
    expect(response).not.toHaveProperty('toolRequests');
  });

  test('what was said before goes back as JSON, with what came of the tools, in order', async () => {
    const { provider, received } = await endpoint(({ body }) =>
      Object(body).messages.length === 2
        ? wanting({ name: 'look-up', input: '{"id":' }, { name: 'look-up', input: '{"id":"2"}' })
        : completion('{"intent":"other"}'),
    );
    const { reply } = await provider.generate({ ...request, schema, tools });
    const recorded: unknown = JSON.parse(JSON.stringify(reply));
    const answers = [
      { id: 'call-0', name: 'look-up', error: 'that is no JSON' },
      { id: 'call-1', name: 'look-up', output: { text: 'Two.' } },
    ];
    const turns = [{ reply: recorded, answers }];
    expect(await provider.generate({ ...request, schema, tools, turns })).toMatchObject({
      object: { intent: 'other' },
    });
    expect(Object(received[1]).messages).toMatchObject([
      { role: 'system' },
      { role: 'user', content: request.prompt },
      { role: 'assistant', tool_calls: [{ id: 'call-0' }, { id: 'call-1' }] },
      { role: 'tool', tool_call_id: 'call-0', content: 'that is no JSON' },
      { role: 'tool', tool_call_id: 'call-1', content: '{"text":"Two."}' },
    ]);
    expect(Object(received[1]).messages).toHaveLength(5);
  });
});

describe('an error of the model provider', () => {
  test.each([
    [429, 'RetryableError', 'MODEL_THROTTLED'],
    [500, 'RetryableError', 'MODEL_UNAVAILABLE'],
    [503, 'RetryableError', 'MODEL_UNAVAILABLE'],
    [408, 'RetryableError', 'MODEL_UNAVAILABLE'],
    [400, 'TerminalError', 'MODEL_REFUSED'],
    [401, 'TerminalError', 'MODEL_REFUSED'],
    [404, 'TerminalError', 'MODEL_REFUSED'],
  ])('a %i is a %s with the code %s, after one request', async (status, name, code) => {
    const { provider, received } = await endpoint(() => ({
      status,
      body: { error: { message: 'no' } },
    }));
    await expect(provider.generate({ ...request, schema })).rejects.toMatchObject({ name, code });
    expect(received).toHaveLength(1);
  });

  test('says how long a throttling provider asks to wait', async () => {
    const provider = await localModel({ rateLimit: { perSecond: 0.1, burst: 1 } });
    await provider.generate({ ...request, schema });
    await expect(provider.generate({ ...request, schema })).rejects.toMatchObject({
      message: expect.stringContaining('it asks to wait 10 s'),
      retryAfterSeconds: 10,
    });
  });

  test.each([
    [503, 5],
    [500, undefined],
  ])('a %i with Retry-After is worth another try after %s s', async (status, seconds) => {
    const { provider } = await endpoint(() => ({
      status,
      headers: { 'retry-after': '5' },
      body: { error: { message: 'no' } },
    }));
    await expect(provider.generate(request)).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      retryAfterSeconds: seconds,
    });
  });

  test('an endpoint that is not there is MODEL_UNAVAILABLE', async () => {
    await localModel();
    const provider = providerAt('http://127.0.0.1:1');
    await expect(provider.generate(request)).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'MODEL_UNAVAILABLE',
    });
  });
});

describe('a reply that cannot be used', () => {
  test.each([
    ['text that is no JSON', completion('Sure!')],
    ['an empty reply', completion('')],
    ['a reply cut at the limit', completion('{"intent":"que', 'length')],
  ])('%s is MODEL_OUTPUT_INVALID when an object was asked for', async (_name, answer) => {
    const { provider } = await endpoint(() => answer);
    await expect(provider.generate({ ...request, schema })).rejects.toMatchObject({
      name: 'RetryableError',
      code: 'MODEL_OUTPUT_INVALID',
    });
  });

  test('says that a reply was cut', async () => {
    const { provider } = await endpoint(() => completion('{"intent":"que', 'length'));
    await expect(provider.generate({ ...request, schema })).rejects.toThrow('maxOutputTokens');
  });

  test('a 200 in another format is MODEL_UNAVAILABLE: something else answers there', async () => {
    const { provider } = await endpoint(() => ({ status: 200, body: { hello: 'world' } }));
    await expect(provider.generate(request)).rejects.toMatchObject({ code: 'MODEL_UNAVAILABLE' });
  });

  test('ends with the reason of its signal', async () => {
    const provider = await localModel({ hangRate: 1 });
    const controller = new AbortController();
    const reason = new DOMException('the attempt is over', 'TimeoutError');
    const asking = provider.generate({ ...request, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 20);
    await expect(asking).rejects.toBe(reason);
  });

  test('says which variable is missing', async () => {
    await localModel();
    const provider = modelProvider({ MODEL_PROVIDER: 'openai-compatible', MODEL_ID: 'm' });
    await expect(provider.generate(request)).rejects.toThrow('MODEL_BASE_URL is not set');
  });
});

describe('Amazon Bedrock', () => {
  const lambda = {
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
  };

  test('is asked with what Lambda puts into the environment', async () => {
    const calls: { target: string | undefined; signed: string | undefined }[] = [];
    server = await startJsonServer(
      {
        'POST /model/some.model/converse': ({ header }) => {
          calls.push({ target: header('x-amz-security-token'), signed: header('authorization') });
          return {
            status: 200,
            body: {
              output: { message: { role: 'assistant', content: [{ text: 'Hello.' }] } },
              stopReason: 'end_turn',
              usage: { inputTokens: 7, outputTokens: 3, totalTokens: 10 },
            },
          };
        },
      },
      0,
    );
    await withEnvironment({ ...lambda, AWS_ENDPOINT_URL_BEDROCK_RUNTIME: server.url }, async () => {
      const provider = modelProvider({ MODEL_PROVIDER: 'bedrock', MODEL_ID: 'some.model' });
      expect(await provider.generate(request)).toMatchObject({
        text: 'Hello.',
        usage: { inputTokens: 7, outputTokens: 3 },
      });
    });
    expect(calls).toEqual([
      { target: 'session', signed: expect.stringContaining('/eu-central-1/bedrock/aws4_request') },
    ]);
  });
});

async function withEnvironment(variables: Record<string, string>, run: () => Promise<void>) {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
  try {
    await run();
  } finally {
    vi.unstubAllEnvs();
  }
}
