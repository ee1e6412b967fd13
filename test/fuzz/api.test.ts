/**
 * Every request through the API's handler: whatever is sent, the answer is a refusal that says why, or
 * what was asked for; never a 5xx. A start that is answered with a run has one.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { API_ROUTES } from '#runtime/contracts/api.ts';
import type { RestCall } from '../support/rest-event.ts';
import { taskMessage } from '../support/steps.ts';
import { approval } from '../support/wait-world.ts';
import { apiUnderTest, QUESTION, startCall } from '../unit/api/api-under-test.ts';
import { anyOf, hostileText, SEED } from './hostile.ts';

const HEADERS = [
  'Content-Type',
  'Idempotency-Key',
  'Prefer',
  'Signalbox-Deadline',
  'Signalbox-Place',
  'traceparent',
  'Host',
  'X-Forwarded-For',
  'Content-Length',
  '__proto__',
  'constructor',
];
const QUERIES = [
  'limit',
  'cursor',
  'after',
  'wait',
  'workflow',
  'status',
  'tag',
  'from',
  'to',
  'tenant',
  '__proto__',
  'constructor',
];
const SPELLINGS = [
  'application/json',
  'application/json; charset=utf-16',
  'wait=20',
  'wait=99999999999999999999',
  '2026-01-01T00:01:00Z',
  '+275760-09-13T00:00:00Z',
  'succeeded',
  'customer:c-1',
  ':',
  '-1',
  '1e3',
  '0x10',
  'null',
  '',
];

const short = fc.oneof(
  fc.constantFrom(...SPELLINGS),
  fc.string({ unit: 'binary', maxLength: 30 }),
  hostileText.map((text) => text.slice(0, 2000)),
);
const members = (names: readonly string[]) =>
  fc
    .array(fc.tuple(fc.oneof(fc.constantFrom(...names), fc.string({ maxLength: 12 })), short), {
      maxLength: 3,
    })
    .map((entries) => Object.fromEntries(entries));

const encoded = (text: string): string => encodeURIComponent(text.toWellFormed()).slice(0, 4000);

/** Bodies of all routes that take one. */
const anyBody = fc.oneof(
  anyOf(QUESTION),
  anyOf({ reason: 'why', generation: 0, patches: { answer: { query: 'x' } } }),
  anyOf({ from: 'answer', patches: { answer: { query: 'x' } }, liveEffects: true }),
  anyOf({ input: { query: 'x' } }),
  anyOf({ decision: 'approve', note: 'fine', by: 'ann' }),
);

const anyEvent = fc.oneof(
  anyOf({ type: 'message.received', data: { text: 'x' } }),
  anyOf({ type: 'wish.understood', data: { topic: 'food', urgent: true }, subscriptions: 'chat' }),
);

function bodyOf(path: string): fc.Arbitrary<string> {
  if (path.startsWith('/workflows')) return anyOf(QUESTION);
  return path === '/events' ? anyEvent : anyBody;
}

const ORDINARY: Readonly<Record<string, string>> = { name: 'support', step: 'publish' };

/** Mostly what the route's author had in mind, so that there is a way through to its end. */
const anyParameter = (name: string, run: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(ORDINARY[name] ?? run) },
    { weight: 1, arbitrary: short.map(encoded) },
  );

const anyPath = (path: string, run: string): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...path
        .split('/')
        .map((part) =>
          part.startsWith('{') ? anyParameter(part.slice(1, -1), run) : fc.constant(part),
        ),
    )
    .map((parts) => parts.join('/'));

/** A request on some route, in which any part may be strange. */
const anyCall = (run: string): fc.Arbitrary<RestCall> =>
  fc.constantFrom(...API_ROUTES).chain(({ method, path }) =>
    fc
      .record({
        path: anyPath(path, run),
        headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, members(HEADERS)),
        query: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, members(QUERIES)),
        body: bodyOf(path),
        isBase64Encoded: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
      })
      .map(({ headers, body, ...call }) => ({
        ...call,
        method,
        headers: { 'Content-Type': 'application/json', ...headers },
        body: method === 'POST' ? body : null,
      })),
  );

/** An API that has a run already, which asks something. */
async function apiWithRun() {
  const api = apiUnderTest();
  const { body } = await api.ask(startCall());
  await api.project();
  const message = taskMessage({ run: body.id, path: 'publish', input: approval() });
  const openedAt = new Date(api.system.now()).toISOString();
  const until = new Date(api.system.now() + 3_600_000).toISOString();
  const record = { run: body.id, rev: 1, open: [{ message, openedAt, until }], taken: [] };
  await api.ledger.waits.put({ record, expectedRev: null });
  return { api, run: String(body.id) };
}

describe(`a request of any kind (seed ${SEED})`, () => {
  test('is answered below 500, with a problem that says why or with what was asked for', async () => {
    const { run } = await apiWithRun();
    const statuses = new Set<number>();
    const answered = new Set<string>();
    await fc.assert(
      fc.asyncProperty(anyCall(run), async (call) => {
        const { api } = await apiWithRun();
        const { status, headers, body } = await api.ask(call);
        statuses.add(status);
        expect(status, JSON.stringify(body).slice(0, 300)).toBeLessThan(500);
        if (status >= 400) {
          expect(headers['content-type']).toBe('application/problem+json');
          expect(body).toMatchObject({ status, detail: expect.stringMatching(/\S/) });
          expect(JSON.stringify(body).length, 'a problem repeats no huge value').toBeLessThan(
            20_000,
          );
          return;
        }
        answered.add(`${call.method} ${call.path.split('/')[1]}`);
        expect(api.logged.filter((line) => Array.isArray(line) && line[0] === 'error')).toEqual([]);
        if (status === 202 && call.path.startsWith('/workflows/')) {
          expect(await api.ledger.runs.read(body.id)).not.toBeNull();
          expect(api.orchestrator.inputOf(body.workflow, `${body.id}-0`)).not.toBeNull();
        }
        if (status === 202 && call.path.startsWith('/events')) {
          expect(await api.inbox.read({ run: body.run, id: body.event.id })).toMatchObject(
            body.event,
          );
          expect(api.events.events.map(({ id }) => id)).toContain(body.event.id);
        }
      }),
      { seed: SEED, numRuns: 1000 },
    );
    expect([...statuses]).toEqual(expect.arrayContaining([200, 202, 400, 404]));
    expect([...answered]).toEqual(
      expect.arrayContaining(['POST workflows', 'POST events', 'GET runs']),
    );
  });

  test('whose body is no text is refused', async () => {
    const { api } = await apiWithRun();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 60 }), async (bytes) => {
        const body = Buffer.from(bytes).toString('base64');
        const answer = await api.ask({ ...startCall(), body, isBase64Encoded: true });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.status).toBeLessThan(500);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});
