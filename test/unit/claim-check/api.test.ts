import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SignalboxClient } from '#runtime/client/client.ts';
import { platformEvent } from '#runtime/core/event.ts';
import { textParts } from '#runtime/core/text-parts.ts';
import type { PayloadStore } from '#runtime/ports.ts';
import { apiUnderTest, startCall } from '../api/api-under-test.ts';

const LARGE = Array.from({ length: 90_000 }, (_, i) => ({ id: i, title: `"item" ${i} é😀\\` }));
const SMALL = { title: 'small' };

/** What the world looks like to the API: a store that may be away. */
const away: PayloadStore = {
  get: () => Promise.reject(new Error('away')),
  put: () => Promise.reject(new Error('away')),
};

/** An API with a run that has ended with references to `LARGE` and `SMALL`. */
async function withEndedRun(replace?: Parameters<typeof apiUnderTest>[0]) {
  const api = apiUnderTest(replace);
  const { body } = await api.ask(startCall());
  const id: string = body.id;
  const keep = async (value: unknown, root = id, tenant = 'default') => {
    const text = JSON.stringify(value);
    const sha256 = createHash('sha256').update(text).digest('hex');
    await api.payloads.put({ tenant, root }, { sha256, text });
    return { $sbref: { sha256, bytes: Buffer.byteLength(text) } };
  };
  const output = { large: await keep(LARGE), small: await keep(SMALL), plain: 1 };
  const source = 'signalbox/run-status';
  const scope = { source, run: id, root: id, gen: 0, tenant: 'default', workflow: 'support' };
  const fact = { atMs: api.system.now(), data: { durationMs: 1, output } };
  await api.events.append([
    platformEvent({ ...scope, fence: 0 }, { type: 'signalbox.run.succeeded', ...fact }),
  ]);
  await api.project();
  const part = (sha256: string, query = {}) =>
    api.ask({ path: `/runs/${id}/payloads/${sha256}`, query });
  return { api, id, keep, output, part };
}

describe('a run that is read', () => {
  test('shows small parts of its output in their places, and large ones as references', async () => {
    const { api, id, output } = await withEndedRun();
    const { status, body } = await api.ask({ path: `/runs/${id}` });
    expect(status).toBe(200);
    expect(body.output).toEqual({ large: output.large, small: SMALL, plain: 1 });
  });

  test('shows references to what has expired, or cannot be read now', async () => {
    const { api, id, output } = await withEndedRun();
    api.payloads.expire();
    expect((await api.ask({ path: `/runs/${id}` })).body.output).toEqual(output);
    const troubled = await withEndedRun((real) => ({ ...real, payloads: away }));
    const { status, body } = await troubled.api.ask({ path: `/runs/${troubled.id}` });
    expect(status).toBe(200);
    expect(body.output).toEqual(troubled.output);
    expect(JSON.stringify(troubled.api.logged)).toContain('payloads could not be read');
  });
});

describe('GET /runs/{id}/payloads/{sha256}', () => {
  test('gives a payload in parts that fit into an answer of Lambda', async () => {
    const { output, part } = await withEndedRun();
    const { sha256, bytes } = output.large.$sbref;
    const first = await part(sha256);
    expect(first.body).toMatchObject({ sha256, bytes, part: 0 });
    const { parts } = first.body;
    expect(parts).toBeGreaterThan(3);
    const texts = await Promise.all(
      Array.from({ length: parts }, async (_, i) => (await part(sha256, { part: `${i}` })).body),
    );
    for (const body of texts) {
      expect(Buffer.byteLength(JSON.stringify(JSON.stringify(body)))).toBeLessThan(5_500_000);
    }
    expect(JSON.parse(texts.map(({ text }) => text).join(''))).toEqual(LARGE);
  });

  test.each([
    ['a hash that the run does not have', () => 'b'.repeat(64), {}, 404, /has expired, or/],
    ['what is no hash', () => '..%2F..%2Facme', {}, 404, /has no payload/],
    ['a part behind the last one', (good: string) => good, { part: '99' }, 400, /from 0 to \d+$/],
    ['a part that is no number', (good: string) => good, { part: '-1' }, 400, /from 0/],
    ['a parameter that there is not', (good: string) => good, { offset: '1' }, 400, /"offset"/],
  ])('refuses %s', async (_what, hash, query, status, detail) => {
    const { output, part } = await withEndedRun();
    const answer = await part(hash(output.large.$sbref.sha256), query);
    expect(answer.status).toBe(status);
    expect(answer.body.detail).toMatch(detail);
  });

  test("B9: refuses another run's payload, and another tenant's run", async () => {
    const { api, id, keep } = await withEndedRun();
    const other = await keep('of another run', 'other');
    const foreign = await keep('of another tenant', id, 'acme');
    for (const { $sbref } of [other, foreign]) {
      const { status } = await api.ask({ path: `/runs/${id}/payloads/${$sbref.sha256}` });
      expect(status).toBe(404);
    }
    const record = await api.ledger.runs.read(id);
    if (!record) throw new TypeError('the run has a record');
    const theirs = { ...record, rev: record.rev + 1, tenant: 'acme' };
    await api.ledger.runs.put({ record: theirs, expectedRev: record.rev });
    const { $sbref } = foreign;
    const { status, body } = await api.ask({ path: `/runs/${id}/payloads/${$sbref.sha256}` });
    expect(status).toBe(404);
    expect(body.detail).toContain('There is no run');
  });
});

describe('SignalboxClient.output', () => {
  test('gives the whole output, whatever the view shows of it', async () => {
    const { api, id } = await withEndedRun();
    const client = new SignalboxClient({
      baseUrl: 'http://api',
      fetch: async (url) => {
        const { pathname, searchParams } = new URL(String(url));
        const answer = await api.ask({
          path: pathname,
          query: Object.fromEntries(searchParams),
        });
        return Response.json(answer.body, { status: answer.status });
      },
    });
    expect(await client.output(await client.run(id))).toEqual({
      large: LARGE,
      small: SMALL,
      plain: 1,
    });
  });
});

describe('textParts', () => {
  test('gives parts that make up the text, each within the limit and of whole characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 4, max: 20 }), (text, max) => {
        const whole = text.toWellFormed();
        const parts = textParts(whole, max);
        expect(parts.join('')).toBe(whole);
        expect(parts.every((part) => Buffer.byteLength(part) <= max)).toBe(true);
      }),
    );
  });
});

test('a payload of what cannot be a run is as unknown as the run', async () => {
  const { api } = await withEndedRun();
  const path = `/runs/${'r'.repeat(3000)}/payloads/${'0'.repeat(64)}`;
  const { status, body } = await api.ask({ path });
  expect(status).toBe(404);
  expect(body.type).toMatch(/run-unknown$/);
});
