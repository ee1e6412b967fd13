import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import { ApiUnreachableError, ProblemError } from '#runtime/client/errors.ts';
import type { Overload } from '#runtime/contracts/api.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { accepted, resumed, started, stopped, succeeded, told } from '../../support/story.ts';

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

describe('startRun while the line is full', () => {
  const full = (retryAfterSeconds: number, place?: string): Reply => ({
    status: 429,
    headers: { 'retry-after': String(retryAfterSeconds) },
    body: {
      type: 'https://signalbox.dev/problems/overloaded',
      title: 'The line is full',
      detail: 'Work waits 12 s at model:default',
      overload: {
        stage: 'model:default',
        predictedWaitSeconds: 12,
        maxQueueSeconds: 10,
        retryAfterSeconds,
        ...(place !== undefined && { place }),
      },
    },
  });
  const start = { workflow: 'support', input: { query: 'x' } };

  it('comes back when it is its turn, with its place, under the same key (T1)', async () => {
    const { client, seen, pauses } = await serving(
      full(7, 'place-1'),
      full(2, 'place-1'),
      full(9),
      { status: 202, body: RUN },
    );
    const told: string[] = [];
    const onFull = ({ stage, retryAfterSeconds }: Overload) =>
      void told.push(`${stage} ${retryAfterSeconds}`);
    expect(await client.startRun({ ...start, onFull })).toEqual(RUN);
    expect(pauses).toEqual([7000, 2000, 9000]);
    expect(told).toEqual(['model:default 7', 'model:default 2', 'model:default 9']);
    const places = seen.map(({ headers }) => headers['signalbox-place']);
    expect(places).toEqual([undefined, 'place-1', 'place-1', undefined]);
    const requests = seen.map(({ headers, body }) => `${headers['idempotency-key']} ${body}`);
    expect(new Set(requests).size).toBe(1);
  });

  it('waits no longer than it has patience for (T2)', async () => {
    const { client, seen, pauses } = await serving(full(20, 'place-1'), full(11, 'place-1'));
    const begun = client.startRun({ ...start, patienceSeconds: 30 });
    await expect(begun).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(pauses).toEqual([20_000]);
    expect(seen).toHaveLength(2);
  });

  it('gives up at once without patience', async () => {
    const { client, seen } = await serving(full(1, 'place-1'));
    const begun = client.startRun({ ...start, patienceSeconds: 0 });
    await expect(begun).rejects.toMatchObject({ problem: { overload: { place: 'place-1' } } });
    expect(seen).toHaveLength(1);
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
      { body: { ...RUN, status: 'succeeded' } },
      page([started(5)], 'd'),
    );
    const types: string[] = [];
    for await (const { type } of client.watch('r1')) types.push(type);
    expect(types).toEqual([accepted().type, succeeded(9).type, started(5).type]);
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/runs/r1/events?wait=20',
      '/v1/runs/r1/events?after=a&wait=20',
      '/v1/runs/r1/events?after=b&wait=20',
      '/v1/runs/r1',
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
      { body: { ...RUN, status: 'succeeded' } },
      page([], 'c'),
    );
    const ids: string[] = [];
    for await (const { id } of client.watch('r1')) ids.push(id);
    expect(ids).toEqual([accepted().id, started(5).id, succeeded(9).id]);
  });

  it('are watched on when another generation has followed the one that ended', async () => {
    const page = (events: readonly SignalboxEvent[], next: string) => ({
      body: { events, next, more: false },
    });
    const end = told('signalbox.run.succeeded', 9000, { durationMs: 1 }, { gen: 1 });
    const { client } = await serving(
      page([accepted(), stopped(2000, 'why')], 'a'),
      { body: { ...RUN, gen: 1 } },
      page([resumed(8000, 1), end], 'b'),
      { body: { ...RUN, gen: 1, status: 'succeeded' } },
      page([], 'c'),
    );
    const types: string[] = [];
    for await (const { type, gen } of client.watch('r1')) types.push(`${type} ${gen}`);
    expect(types.slice(1)).toEqual([
      'signalbox.run.stopped 0',
      'signalbox.run.accepted 1',
      'signalbox.run.succeeded 1',
    ]);
  });
});

describe('stopping, resuming, forking and comparing', () => {
  it('stops with a reason', async () => {
    const { client, seen } = await serving({ body: { run: RUN, inFlight: [] } });
    expect(await client.stopRun('r1', { reason: 'wrong customer' })).toMatchObject({ run: RUN });
    expect(seen).toMatchObject([
      { method: 'POST', url: '/v1/runs/r1/stop', body: '{"reason":"wrong customer"}' },
    ]);
  });

  it('resumes the generation that the run is in, so that sending it again changes nothing', async () => {
    const { client, seen } = await serving({ body: { ...RUN, gen: 2 } }, null, {
      status: 202,
      body: { ...RUN, gen: 3 },
    });
    expect(await client.resumeRun('r1', { patches: { answer: 1 } })).toMatchObject({ gen: 3 });
    const sent = { url: '/v1/runs/r1/resume', body: '{"generation":2,"patches":{"answer":1}}' };
    expect(seen).toMatchObject([{ url: '/v1/runs/r1' }, sent, sent]);
  });

  it('resumes the generation that it is told, without asking', async () => {
    const { client, seen } = await serving({ status: 202, body: RUN });
    await client.resumeRun('r1', { generation: 0 });
    expect(seen).toMatchObject([{ method: 'POST', body: '{"generation":0}' }]);
  });

  it('forks under one key, however often it has to be sent', async () => {
    const { client, seen } = await serving(null, { status: 202, body: RUN });
    await client.forkRun('r1', { from: 'answer', liveEffects: true });
    expect(seen).toMatchObject([
      { url: '/v1/runs/r1/fork', body: '{"from":"answer","liveEffects":true}' },
      { url: '/v1/runs/r1/fork', body: '{"from":"answer","liveEffects":true}' },
    ]);
    expect(seen[0]?.headers['idempotency-key']).toBe(seen[1]?.headers['idempotency-key']);
    expect(seen[0]?.headers['idempotency-key']).toMatch(/./);
  });

  it('tells an event under one key, however often it has to be sent', async () => {
    const accepted = { run: 'r1', event: { id: 'e1', type: 'a.b', time: '2026-01-01T00:00:00Z' } };
    const { client, seen } = await serving(null, { status: 202, body: accepted });
    expect(await client.sendEvent({ type: 'a.b', data: { n: 1 }, run: 'r1' })).toEqual(accepted);
    const sent = { url: '/v1/events', body: '{"type":"a.b","data":{"n":1},"run":"r1"}' };
    expect(seen).toMatchObject([sent, sent]);
    expect(seen[0]?.headers['idempotency-key']).toBe(seen[1]?.headers['idempotency-key']);
  });

  it('asks for a diff and for the trace of a generation', async () => {
    const { client, seen } = await serving({ body: {} });
    await client.diffRuns('r1', 'r2');
    await client.trace('r1', { gen: 0 });
    await client.trace('r1');
    expect(seen.map(({ url }) => url)).toEqual([
      '/v1/runs/r1/diff/r2',
      '/v1/runs/r1/trace?gen=0',
      '/v1/runs/r1/trace',
    ]);
  });
});
