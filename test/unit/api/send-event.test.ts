import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { subscriptionsContract } from '#runtime/contracts/subscriptions.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import type { ApiDependencies } from '#runtime/lambda/api/dependencies.ts';
import { chatEvents } from '../../support/chat-contracts.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';
import { eventCall, HELLO, keyed, typesOf } from './event-call.ts';

describe('POST /events without a run', () => {
  it('begins a run of the subscriptions that take the event, and tells it there', async () => {
    const api = apiUnderTest();
    const { status, headers, body } = await api.ask(eventCall());
    expect(status).toBe(202);
    expect(body).toEqual({
      run: expect.stringMatching(/^[0-9a-z]{26}$/),
      event: { id: expect.any(String), type: 'message.received', time: expect.any(String) },
    });
    expect(headers.location).toBe(`runs/${body.run}`);
    expect(await api.ledger.runs.read(body.run)).toMatchObject({
      kind: 'reactive',
      workflow: 'chat',
      defVersion: 'rules-1',
      acceptedAt: body.event.time,
      progress: 'announced',
      input: HELLO,
    });
    expect(typesOf(api)).toEqual(['signalbox.run.accepted', 'message.received']);
    expect(api.events.events[1]).toMatchObject({
      ...body.event,
      source: 'signalbox/api',
      run: body.run,
      tenant: 'default',
      workflow: 'chat',
      data: HELLO.data,
      origin: body.event.id,
      hops: 0,
      fence: 0,
    });
    expect(api.events.events[1]).not.toHaveProperty('subject');
  });

  it('is looked at by the reconciler later, and starts no execution', async () => {
    const api = apiUnderTest();
    const { body } = await api.ask(eventCall());
    expect(api.dueRuns.entries.map(({ run }) => run)).toEqual([body.run]);
    expect(api.orchestrator.inputOf('chat', `${body.run}-0`)).toBeNull();
  });

  it('begins another run each time when it has no key', async () => {
    const api = apiUnderTest();
    const [a, b] = [await api.ask(eventCall()), await api.ask(eventCall())];
    expect(a.body.run).not.toBe(b.body.run);
    expect(a.body.event.id).not.toBe(b.body.event.id);
  });

  it('answers a repeat with the same run and event, and tells nothing else', async () => {
    const api = apiUnderTest();
    const first = await api.ask(keyed('key-1'));
    await api.system.advance(5000);
    const repeat = await api.ask(keyed('key-1'));
    expect([repeat.status, repeat.body]).toEqual([202, first.body]);
    expect(new Set(api.events.events.map(({ id }) => id)).size).toBe(2);
  });

  it('refuses another event under the same key', async () => {
    const api = apiUnderTest();
    await api.ask(keyed('key-1'));
    const other = await api.ask(keyed('key-1', { ...HELLO, data: { text: 'No, for three' } }));
    expect([other.status, other.body.type]).toEqual([
      409,
      'https://signalbox.dev/problems/idempotency-conflict',
    ]);
  });

  it('tells one event of two that are sent at once', async () => {
    const api = apiUnderTest();
    const [a, b] = await api.system.run(
      Promise.all([api.send(keyed('key-1')), api.send(keyed('key-1'))]),
    );
    expect(a.body).toEqual(b.body);
    expect(new Set(api.events.events.map((event) => JSON.stringify(event))).size).toBe(2);
  });
});

const TWO_TABLES = eventTypes({ 'message.received': chatEvents['message.received'] });

/** More subscriptions, and a workflow that waits for an event. */
const more = (real: ApiDependencies): ApiDependencies => ({
  ...real,
  subscriptions: new Map([
    ...real.subscriptions,
    [
      'waiters',
      {
        defVersion: 'rules-2',
        contract: subscriptionsContract({
          name: 'waiters',
          events: TWO_TABLES,
          quietSeconds: 10,
          deadlineSeconds: 60,
        }),
      },
    ],
  ]),
  workflows: new Map([
    ...real.workflows,
    [
      'support',
      {
        defVersion: 'hash-1',
        contract: workflowContract({
          name: 'support',
          deadlineSeconds: 120,
          input: z.unknown(),
          output: z.unknown(),
          events: { 'invoice.paid': z.object({ amount: z.number() }) },
        }),
      },
    ],
  ]),
});

describe('POST /events where several subscriptions take the event', () => {
  it('refuses it with their names until one is named', async () => {
    const api = apiUnderTest(more);
    const { status, body } = await api.ask(eventCall());
    expect([status, body.type]).toEqual([
      400,
      'https://signalbox.dev/problems/subscriptions-ambiguous',
    ]);
    expect(body.detail).toContain('chat, waiters');
    const named = await api.ask(eventCall({ ...HELLO, subscriptions: 'waiters' }));
    expect(await api.ledger.runs.read(named.body.run)).toMatchObject({ workflow: 'waiters' });
  });

  it('keeps the keys of different subscriptions apart', async () => {
    const api = apiUnderTest(more);
    const [a, b] = [
      await api.ask(keyed('key-1', { ...HELLO, subscriptions: 'waiters' })),
      await api.ask(keyed('key-1', { ...HELLO, subscriptions: 'chat' })),
    ];
    expect([a.status, b.status]).toEqual([202, 202]);
    expect(a.body.run).not.toBe(b.body.run);
  });
});

describe('POST /events with a run', () => {
  const conversation = async (api = apiUnderTest()) => {
    const { body } = await api.ask(keyed('key-1'));
    await api.system.advance(1000);
    const say = (text: string, key = text) =>
      api.ask(keyed(key, { type: 'message.received', data: { text }, run: body.run }));
    return { api, run: String(body.run), say };
  };

  it('tells the event to that run', async () => {
    const { api, run, say } = await conversation();
    const { status, headers, body } = await say('for three');
    expect([status, body.run, headers.location]).toEqual([202, run, `runs/${run}`]);
    expect(api.events.events.at(-1)).toMatchObject({
      ...body.event,
      run,
      data: { text: 'for three' },
      origin: body.event.id,
      hops: 0,
    });
  });

  it('tells two events of one type apart, and a repeat not', async () => {
    const { api, run, say } = await conversation();
    const [a, b, again] = [await say('one'), await say('two'), await say('one')];
    expect(a.body.event.id).not.toBe(b.body.event.id);
    expect(again.body).toEqual(a.body);
    expect((await api.inbox.list(run)).map(({ data }) => data)).toEqual([
      HELLO.data,
      { text: 'one' },
      { text: 'two' },
    ]);
  });

  it('tells a run of a workflow what its contract declares', async () => {
    const api = apiUnderTest(more);
    const { body: run } = await api.ask(startCall());
    const { status, body } = await api.ask(
      eventCall({ type: 'invoice.paid', data: { amount: 5 }, run: run.id }),
    );
    expect([status, body.run]).toEqual([202, run.id]);
    expect(api.events.events.at(-1)).toMatchObject({ type: 'invoice.paid', workflow: 'support' });
  });

  it('refuses a run that has ended, but answers a repeat of what was told before', async () => {
    const { api, run, say } = await conversation();
    const told = await say('in time');
    const record = await api.ledger.runs.read(run);
    if (!record) throw new TypeError('no record');
    const at = new Date(api.system.now()).toISOString();
    await api.ledger.runs.put({
      record: { ...record, rev: record.rev + 1, end: { gen: 0, status: 'succeeded', at } },
      expectedRev: record.rev,
    });
    const late = await say('too late');
    expect([late.status, late.body.type]).toEqual([
      409,
      'https://signalbox.dev/problems/run-ended',
    ]);
    expect(late.body.detail).toContain('has succeeded');
    expect((await api.inbox.list(run)).length).toBe(2);
    expect((await say('in time')).body).toEqual(told.body);
  });

  it('refuses a run that is past its deadline', async () => {
    const { api, say } = await conversation();
    await api.system.advance(600_000);
    expect(await say('too late')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('past its deadline') },
    });
  });

  it("refuses another tenant's run as unknown", async () => {
    const { api, run } = await conversation();
    const record = await api.ledger.runs.read(run);
    if (!record) throw new TypeError('no record');
    await api.ledger.runs.put({
      record: { ...record, rev: record.rev + 1, tenant: 'other' },
      expectedRev: record.rev,
    });
    expect((await api.ask(eventCall({ ...HELLO, run }))).status).toBe(404);
  });
});

const unknownRun = '0'.repeat(26);

const REFUSED: readonly (readonly [
  what: string,
  body: unknown,
  status: number,
  slug: string,
  says: RegExp,
])[] = [
  ['no JSON', '{"type":', 400, 'body-invalid', /not JSON/],
  ['a list', [], 400, 'request-invalid', /\$/],
  ['no type', { data: {} }, 400, 'request-invalid', /type/],
  ['a field that there is not', { ...HELLO, tenant: 'x' }, 400, 'request-invalid', /\$/],
  [
    "a type of the platform's",
    { type: 'signalbox.run.succeeded', data: {} },
    400,
    'event-type-reserved',
    /begin with "signalbox\."/,
  ],
  [
    'an unknown type',
    { type: 'message.recieved', data: {} },
    400,
    'event-type-unknown',
    /chat: message\.received, wish\.understood/,
  ],
  ['a type of JavaScript', { type: 'constructor', data: {} }, 400, 'event-type-unknown', /chat/],
  [
    'data that do not fit',
    { ...HELLO, data: { text: 5 } },
    400,
    'event-data-invalid',
    /data\.text/,
  ],
  ['no data', { type: 'message.received' }, 400, 'request-invalid', /see data/],
  [
    'a reserved key',
    { ...HELLO, data: { text: 'x', more: { $sbref: 's3' } } },
    400,
    'request-invalid',
    /data\.more\.\$sbref/,
  ],
  [
    '2 MB',
    { ...HELLO, data: { text: 'x'.repeat(2e6) } },
    413,
    'body-too-large',
    /allowed: 26\d{4}/,
  ],
  [
    'unknown subscriptions',
    { ...HELLO, subscriptions: 'talk' },
    400,
    'subscriptions-unknown',
    /deployed: chat/,
  ],
  ['an unknown run', { ...HELLO, run: unknownRun }, 404, 'run-unknown', /no run/],
  ['a run that is no id', { ...HELLO, run: '../runs' }, 404, 'run-unknown', /no run/],
];

describe('POST /events refuses', () => {
  it.each([
    ['no data', { type: 'message.received' }, ['data: is missing; allowed: any JSON']],
    [
      'several fields at once',
      { type: 5, run: '', tenant: 'x' },
      [
        'type: is 5; allowed: a string',
        'data: is missing; allowed: any JSON',
        'run: has 0 characters; allowed: at least 1',
        '$: has "tenant"; allowed: type, data, run, subscriptions',
      ],
    ],
    [
      'a field of the data',
      { ...HELLO, data: { text: 5 } },
      ['data.text: is 5; allowed: a string'],
    ],
    ['data of no fields', { ...HELLO, data: null }, ['data: is null; allowed: an object']],
  ])('%s by what was got and what is allowed', async (_what, body, told) => {
    const answer = await apiUnderTest().ask(eventCall(body));
    expect(answer.status).toBe(400);
    const errors: readonly { field: string; problem: string }[] = answer.body.errors;
    expect(errors.map(({ field, problem }) => `${field}: ${problem}`)).toEqual(told);
  });

  it.each(REFUSED)('%s', async (_what, body, status, slug, says) => {
    const api = apiUnderTest();
    const answer = await api.ask(eventCall(body));
    expect([answer.status, answer.body.type]).toEqual([
      status,
      `https://signalbox.dev/problems/${slug}`,
    ]);
    expect(answer.body.detail).toMatch(says);
    expect(typesOf(api)).toEqual([]);
  });

  it('subscriptions that the run is not one of, and types that its contract does not declare', async () => {
    const api = apiUnderTest(more);
    const { body } = await api.ask(startCall());
    const run = body.id;
    const other = await api.ask(eventCall({ ...HELLO, run, subscriptions: 'chat' }));
    expect(other.body.detail).toContain('is one of "support", not of "chat"');
    const unknown = await api.ask(eventCall({ ...HELLO, run }));
    expect(unknown.body.detail).toContain('Taken by support: invoice.paid');
  });
});
