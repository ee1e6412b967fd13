import { describe, expect, it } from 'vitest';
import type { RestCall } from '../../support/rest-event.ts';
import { apiUnderTest, QUESTION, startCall } from './api-under-test.ts';

const text = (body: string, headers: Readonly<Record<string, string>> = {}): RestCall =>
  startCall(headers, body);
const nested = (depth: number): string => `${'['.repeat(depth)}1${']'.repeat(depth)}`;
const withContext = (json: string): RestCall =>
  text(`{"query":"q","customerId":"c","context":${json}}`);

/** What is sent, the status, and what the answer has to say (in the detail, or in a field's problem). */
const REFUSED: readonly (readonly [name: string, call: RestCall, status: number, says: RegExp])[] =
  [
    ['invalid JSON', text('{"query":'), 400, /not JSON/],
    ['an empty body', text(''), 400, /empty/],
    ['no body', { ...startCall(), body: null }, 400, /empty/],
    ['null', text('null'), 400, /is null; allowed: an object/],
    ['a list', text('[]'), 400, /is a list; allowed: an object/],
    [
      'a missing field',
      startCall({}, { query: 'q' }),
      400,
      /customerId: is missing; allowed: a string/,
    ],
    [
      'a wrong type',
      startCall({}, { ...QUESTION, query: 7 }),
      400,
      /query: is 7; allowed: a string/,
    ],
    [
      'a text too long',
      startCall({}, { ...QUESTION, query: 'x'.repeat(4001) }),
      400,
      /query: has 4001 characters; allowed: at most 4000/,
    ],
    [
      'an unknown option',
      startCall({}, { ...QUESTION, priority: 'x' }),
      400,
      /priority: is "x"; allowed: "low", "high"/,
    ],
    [
      '2 MB',
      startCall({}, { ...QUESTION, context: 'x'.repeat(2_000_000) }),
      413,
      /allowed: 26\d{4}/,
    ],
    [
      'numbers that grow beyond the limit',
      withContext(`[${Array(40_000).fill('1e20').join()}]`),
      413,
      /The input is/,
    ],
    [
      'a reserved key',
      withContext('[{"deep":{"$sbref":"s3"}}]'),
      400,
      /context\[0\]\.deep\.\$sbref: .*reserved/,
    ],
    ['a prototype key', withContext('{"__proto__":{"admin":true}}'), 400, /context\.__proto__: /],
    ['deep nesting', withContext(nested(500)), 400, /deeper than 64/],
    ['very deep nesting', withContext(nested(100_000)), 400, /deeper than 64/],
    ['half a surrogate pair', withContext('"\\ud800"'), 400, /surrogate/],
    ['half a surrogate pair in a key', withContext('{"\\udc00":1}'), 400, /surrogate/],
    ['what is no character', withContext('"a\\uffff"'), 400, /U\+FFFF/],
    ['what is no character in a key', withContext('{"\\ufffe":1}'), 400, /U\+FFFF/],
    ['a number out of range', withContext('1e999'), 400, /out of range/],
    [
      'bytes that are not UTF-8',
      {
        ...startCall(),
        body: Buffer.from([0x22, 0xff, 0xfe, 0x22]).toString('base64'),
        isBase64Encoded: true,
      },
      400,
      /not UTF-8/,
    ],
    [
      'a form',
      text('query=x', { 'Content-Type': 'application/x-www-form-urlencoded' }),
      415,
      /application\/json/,
    ],
    [
      'JSON of another kind',
      text('{}', { 'Content-Type': 'application/jsonlines' }),
      415,
      /application\/json/,
    ],
    [
      'a tag too long',
      startCall({}, { ...QUESTION, customerId: 'c'.repeat(129) }),
      400,
      /tags\.customer: .*129/,
    ],
    ['an empty tag', startCall({}, { ...QUESTION, customerId: '' }), 400, /tags\.customer: /],
    [
      'a key too long',
      startCall({ 'Idempotency-Key': 'k'.repeat(129) }),
      400,
      /Idempotency-Key.*128/,
    ],
    ['an empty key', startCall({ 'Idempotency-Key': '' }), 400, /Idempotency-Key/],
    ['a key of other letters', startCall({ 'Idempotency-Key': 'ключ' }), 400, /Idempotency-Key/],
    [
      'a key with control characters',
      startCall({ 'Idempotency-Key': 'a\nb\0' }),
      400,
      /Idempotency-Key/,
    ],
    ['a wait too long', startCall({ Prefer: 'wait=26' }), 400, /wait=25/],
    ['a wait that is no number', startCall({ Prefer: 'wait=soon' }), 400, /wait=25/],
    ['a negative wait', startCall({ Prefer: 'wait=-1' }), 400, /wait=25/],
    [
      'a deadline without an offset',
      startCall({ 'Signalbox-Deadline': '2026-01-01T00:01:00' }),
      400,
      /offset/,
    ],
    [
      'a deadline that is none',
      startCall({ 'Signalbox-Deadline': 'tomorrow' }),
      400,
      /Signalbox-Deadline/,
    ],
    [
      'a deadline in the past',
      startCall({ 'Signalbox-Deadline': '2025-01-01T00:00:00Z' }),
      400,
      /future/,
    ],
    [
      'an unknown workflow',
      { ...startCall(), path: '/workflows/suport/runs' },
      404,
      /deployed: support, numbers/,
    ],
    [
      'a workflow called constructor',
      { ...startCall(), path: '/workflows/constructor/runs' },
      404,
      /deployed/,
    ],
    ['a parameter', { ...startCall(), query: { wait: '20' } }, 400, /no parameters here/],
  ];

const saidBy = ({
  detail,
  errors = [],
}: {
  detail: string;
  errors?: { field: string; problem: string }[];
}) => [detail, ...errors.map(({ field, problem }) => `${field}: ${problem}`)].join('\n');

describe('a start is refused by name', () => {
  it.each(REFUSED)('%s', async (_name, call, status, says) => {
    const api = apiUnderTest();
    const answer = await api.ask(call);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.body).toMatchObject({ status, requestId: 'request-1' });
    expect(saidBy(answer.body)).toMatch(says);
    expect(api.events.events).toEqual([]);
  });

  it('names every wrong field at once', async () => {
    const { body } = await apiUnderTest().ask(startCall({}, { query: 1, customerId: 2 }));
    expect(body.errors.map(({ field }: { field: string }) => field)).toEqual([
      'query',
      'customerId',
    ]);
  });
});

const ELSEWHERE: readonly (readonly [name: string, call: RestCall, status: number])[] = [
  ['an unknown route', { path: '/nothing' }, 404],
  ['the root', { path: '/' }, 404],
  ['slashes', { path: '////' }, 404],
  ['a host in the path', { path: '//[bad' }, 404],
  ['a broken percent escape', { path: '/runs/%E0%A4%A' }, 404],
  ['a blank run', { path: '/runs/%20' }, 404],
  ['an unknown run', { path: '/runs/00000000000000000000000000' }, 404],
  ['the run of no run', { path: '/runs/none/events' }, 404],
  ['a run id of another shape', { path: '/runs/dead-letter%23x/trace' }, 404],
  ['a run id of 10,000 characters', { path: `/runs/${'a'.repeat(10_000)}` }, 404],
  ['DELETE', { method: 'DELETE', path: '/runs' }, 405],
  ['GET of a start', { path: '/workflows/support/runs' }, 405],
  ['POST of a run', { method: 'POST', path: '/runs/x', body: '{}' }, 405],
  ['HEAD', { method: 'HEAD', path: '/health' }, 405],
  ['an unknown method', { method: 'BREW', path: '/runs' }, 405],
  ['TRACE', { method: 'TRACE', path: '/runs' }, 405],
  ['a GET with a body', { path: '/health', body: '{"a":1}' }, 200],
  [
    'strange headers',
    { path: '/health', headers: { 'bad name\n': 'x', Host: ':::', Cookie: '\0' } },
    200,
  ],
];

describe('the router answers', () => {
  it.each(ELSEWHERE)('%s', async (_name, call, status) => {
    const answer = await apiUnderTest().ask(call);
    expect(answer.status).toBe(status);
    if (status >= 400) {
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(answer.body.status).toBe(status);
    }
  });

  it('which methods a route has', async () => {
    const { headers, body } = await apiUnderTest().ask({ method: 'PUT', path: '/runs' });
    expect(headers.allow).toBe('GET');
    expect(body.detail).toMatch(/"PUT".*GET/);
  });
});

describe('an error that nobody expects', () => {
  it('becomes a 500 with the request’s id, and is logged, not told', async () => {
    const api = apiUnderTest((real) => ({
      ...real,
      orchestrator: {
        stop: (execution) => real.orchestrator.stop(execution),
        describe: (execution) => real.orchestrator.describe(execution),
        start: async () => {
          throw new RangeError('secret detail');
        },
      },
    }));
    const { status, body } = await api.ask(startCall());
    expect(status).toBe(500);
    expect(body).toMatchObject({
      requestId: 'request-1',
      type: expect.stringMatching(/internal$/),
    });
    expect(JSON.stringify(body)).not.toContain('secret');
    expect(api.logged).toContainEqual([
      'error',
      'a request failed',
      { requestId: 'request-1', error: new RangeError('secret detail') },
    ]);
  });
});
