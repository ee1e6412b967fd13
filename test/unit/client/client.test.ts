import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import { ApiUnreachableError, ProblemError } from '#runtime/client/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { accepted, started, succeeded } from '../../support/story.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}
type Reply = {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body: unknown;
};

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

/** A server that gives one reply after the other (`null`: hangs up), the last one again and again. */
async function serving(...replies: readonly (Reply | null)[]) {
  const seen: Seen[] = [];
  const pauses: number[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const { method, url, headers } = request;
    seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
    const reply = replies[Math.min(seen.length, replies.length) - 1];
    if (!reply) {
      response.destroy();
      return;
    }
    response.writeHead(reply.status ?? 200, reply.headers);
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const client = new SignalboxClient({
    baseUrl: `http://127.0.0.1:${port}/v1/`,
    sleep: async (ms) => void pauses.push(ms),
    jitter: () => 1,
  });
  return { client, seen, pauses };
}

const RUN = { id: 'r1', status: 'accepted' };

describe('startRun', () => {
  it('sends the input with the headers that were asked for', async () => {
    const { client, seen } = await serving({ status: 202, body: RUN });
    const run = await client.startRun({
      workflow: 'support',
      input: { query: 'ü' },
      idempotencyKey: 'key-1',
      waitSeconds: 20,
      deadline: new Date('2026-01-01T00:00:00Z'),
    });
    expect(run).toEqual(RUN);
    expect(seen).toMatchObject([
      {
        method: 'POST',
        url: '/v1/workflows/support/runs',
        headers: {
          'idempotency-key': 'key-1',
          prefer: 'wait=20',
          'signalbox-deadline': '2026-01-01T00:00:00.000Z',
          'content-type': 'application/json',
        },
        body: '{"query":"ü"}',
      },
    ]);
  });

  it('repeats a lost answer, a 429 and a 5xx under one key, and waits as told', async () => {
    const { client, seen, pauses } = await serving(
      null,
      { status: 429, headers: { 'retry-after': '3' }, body: {} },
      { status: 503, body: 'busy' },
      { status: 202, body: RUN },
    );
    expect(await client.startRun({ workflow: 'support', input: {} })).toEqual(RUN);
    expect(pauses).toEqual([200, 3000, 800]);
    const keys = seen.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(keys).size).toBe(1);
  });

  it('takes another key for another run', async () => {
    const { client, seen } = await serving({ status: 202, body: RUN });
    await client.startRun({ workflow: 'support', input: {} });
    await client.startRun({ workflow: 'support', input: {} });
    expect(seen[0]?.headers['idempotency-key']).not.toBe(seen[1]?.headers['idempotency-key']);
  });
});

describe('refusals', () => {
  const problem = {
    type: 'https://signalbox.dev/problems/input-invalid',
    title: 'The input is not what the workflow takes',
    status: 400,
    detail: 'The input does not fit',
    errors: [{ field: 'query', problem: 'expected string' }],
  };

  it('become a ProblemError with everything the API said, at once', async () => {
    const { client, seen } = await serving({ status: 400, body: problem });
    const error = await client.run('r1').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      problem,
      message: 'The input does not fit\nquery: expected string',
    });
    expect(seen).toHaveLength(1);
  });

  it('of a gateway become one too', async () => {
    const { client } = await serving({ status: 403, body: { message: 'Forbidden' } });
    await expect(client.run('r1')).rejects.toMatchObject({
      code: 'HTTP_403',
      message: 'Forbidden',
    });
  });

  it('that stay are told after the last try', async () => {
    const { client, seen } = await serving({ status: 500, body: { ...problem, status: 500 } });
    await expect(client.health()).rejects.toBeInstanceOf(ProblemError);
    expect(seen).toHaveLength(5);
  });
});

describe('an API that cannot be asked', () => {
  it('is named with its URL', async () => {
    const client = new SignalboxClient({
      baseUrl: 'http://127.0.0.1:9',
      sleep: async () => undefined,
    });
    const error = await client.health().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiUnreachableError);
    expect(error).toMatchObject({ message: expect.stringContaining('http://127.0.0.1:9') });
  });

  it('is told from a server that is something else', async () => {
    const { client } = await serving({ body: '<html>' });
    await expect(client.health()).rejects.toThrow(/not JSON.*Signalbox API/);
  });

  it('is not asked again once the caller has given up', async () => {
    const { client, seen } = await serving(null);
    const controller = new AbortController();
    controller.abort();
    await expect(client.health({ signal: controller.signal })).rejects.toThrow();
    expect(seen).toHaveLength(0);
  });
});

describe('lists and events', () => {
  it('carry their filter in the query', async () => {
    const { client, seen } = await serving({ body: { runs: [] } });
    await client.listRuns({
      workflow: 'support',
      status: 'failed',
      tag: { key: 'customer', value: 'a&b:c' },
      from: new Date('2026-01-01T00:00:00Z'),
      limit: 5,
      cursor: 'next==',
    });
    const url = new URL(seen[0]?.url ?? '', 'http://x');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      workflow: 'support',
      status: 'failed',
      tag: 'customer:a&b:c',
      from: '2026-01-01T00:00:00.000Z',
      limit: '5',
      cursor: 'next==',
    });
  });

  it('are watched page by page until the run has ended and nothing is left', async () => {
    const page = (events: readonly SignalboxEvent[], next: string, more = false) => ({
      body: { events, next, more },
    });
    const { client, seen } = await serving(
      page([accepted()], 'a'),
      page([], 'b'),
      page([succeeded(9)], 'c', true),
      page([started(5)], 'd'),
    );
    const types: string[] = [];
    for await (const { type } of client.watch('r1')) types.push(type);
    expect(types).toEqual([accepted().type, succeeded(9).type, started(5).type]);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/runs/r1/events?wait=20',
      '/v1/runs/r1/events?after=a&wait=20',
      '/v1/runs/r1/events?after=b&wait=20',
      '/v1/runs/r1/events?after=c&wait=0',
    ]);
  });

  it('are watched each once, though the API may give one again', async () => {
    const page = (events: readonly SignalboxEvent[], next: string, more = false) => ({
      body: { events, next, more },
    });
    const { client } = await serving(
      page([accepted(), started(5)], 'a'),
      page([accepted(), started(5), succeeded(9)], 'b'),
      page([], 'c'),
    );
    const ids: string[] = [];
    for await (const { id } of client.watch('r1')) ids.push(id);
    expect(ids).toEqual([accepted().id, started(5).id, succeeded(9).id]);
  });
});
