import { expect, test } from 'vitest';
import '../../support/late-routes.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import type { FieldProblem } from '#runtime/contracts/api.ts';
import { eventOf } from '../../support/consumer-world.ts';
import { type Answer, apiUnderTest } from './api-under-test.ts';
import { startedRun } from './change-run.ts';

const post = (path: string, body: unknown = {}) => ({
  method: 'POST',
  path,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const messages = (api: ReturnType<typeof apiUnderTest>, queue: string): readonly unknown[] =>
  (api.orders.get(queue)?.receive(10) ?? []).map(({ body }) => JSON.parse(body));

test('a replay is on record before its message goes to the queue of the consumer', async () => {
  const api = apiUnderTest();
  const answer = await api.ask(
    post('/consumers/router/replays', { from: '2025-12-31T00:00:00Z', rule: 'makeOffer' }),
  );
  expect(answer).toMatchObject({
    status: 202,
    body: {
      consumer: 'router',
      rule: 'makeOffer',
      state: 'running',
      hasEffects: false,
      rate: 100,
    },
  });
  const { id } = answer.body;
  expect(messages(api, 'route-events-replays')).toEqual([{ kind: 'replay', id }]);
  const seen = await api.ask({ method: 'GET', path: `/consumers/router/replays/${id}` });
  expect(seen).toMatchObject({ status: 200, body: answer.body });
});

test('a replay that does not move is sent again', async () => {
  const api = apiUnderTest();
  const { body } = await api.ask(
    post('/consumers/projector/replays', { from: '2025-12-31T00:00:00Z' }),
  );
  await api.ask(post(`/consumers/projector/replays/${body.id}`));
  expect(messages(api, 'project-events-replays')).toHaveLength(2);
});

test('a request that is sent again orders one replay, and sets it going again', async () => {
  const api = apiUnderTest();
  const call = post('/consumers/router/replays', { from: '2025-12-31T00:00:00Z' });
  const again = { ...call, headers: { ...call.headers, 'idempotency-key': 'k-1' } };
  const [first, second] = [await api.ask(again), await api.ask(again)];
  expect(second.body).toEqual(first.body);
  expect(messages(api, 'route-events-replays')).toEqual([
    { kind: 'replay', id: first.body.id },
    { kind: 'replay', id: first.body.id },
  ]);
});

test.each([
  ['another beginning', 'replays', { from: '2025-12-30T00:00:00Z' }],
  ['an end', 'replays', { from: '2025-12-31T00:00:00Z', to: '2025-12-31T01:00:00Z' }],
  ['a rebuild', 'rebuilds', {}],
])('under the key of a replay, %s is refused, and nothing is sent', async (_, route, body) => {
  const api = apiUnderTest();
  const keyed = (call: ReturnType<typeof post>) => ({
    ...call,
    headers: { ...call.headers, 'idempotency-key': 'k-1' },
  });
  await api.ask(keyed(post('/consumers/projector/replays', { from: '2025-12-31T00:00:00Z' })));
  const answer = await api.ask(keyed(post(`/consumers/projector/${route}`, body)));
  expect(answer).toMatchObject({ status: 409, body: { detail: expect.stringMatching(/another/) } });
  expect(messages(api, 'project-events-replays')).toHaveLength(1);
  expect(messages(api, 'rebuild-read-model')).toEqual([]);
});

test('a rebuild goes to a fresh table by a function of its own', async () => {
  const api = apiUnderTest();
  const { status, body } = await api.ask(post('/consumers/projector/rebuilds'));
  expect(status).toBe(202);
  expect(body).toMatchObject({
    consumer: 'projector',
    table: expect.stringMatching(/^read-model-\d{14}$/),
  });
  expect(messages(api, 'rebuild-read-model')).toEqual([{ kind: 'replay', id: body.id }]);
});

test('lanes are drained by the consumer itself, of one run or of all', async () => {
  const api = apiUnderTest();
  const run = await startedRun(api);
  await api.ask(post('/consumers/projector/lanes', { run }));
  await api.ask(post('/consumers/projector/lanes'));
  expect(messages(api, 'project-events-replays')).toEqual([
    { kind: 'lanes', run },
    { kind: 'lanes' },
  ]);
});

test('the lane of a run that is known from its events alone is drained', async () => {
  const lanes = new MemoryLaneStore();
  await lanes.park({
    ...{ consumer: 'project-events', run: 'foreign', event: eventOf('foreign', 1) },
    ...{ cause: { code: 'UNHANDLED', message: 'no room' }, parkedAt: '2026-01-01T00:00:00.000Z' },
  });
  const api = apiUnderTest((real) => ({ ...real, lanes }));
  const answer = await api.ask(post('/consumers/projector/lanes', { run: 'foreign' }));
  expect(answer.status).toBe(202);
});

test('a replay of one run, or of one type of event, is taken for those that there are', async () => {
  const api = apiUnderTest();
  const run = await startedRun(api);
  for (const more of [{ run }, { type: 'offer.made' }, { type: 'signalbox.run.succeeded' }]) {
    const answer = await api.ask(
      post('/consumers/exporter/replays', { from: '2025-12-31T00:00:00Z', ...more }),
    );
    expect(answer).toMatchObject({ status: 202, body: more });
  }
});

const PAST = { from: '2025-12-31T00:00:00Z' };

/** What is asked of the router's past, the status and the slug of the refusal, and what it has to say. */
const REFUSED: readonly (readonly [
  what: string,
  body: object,
  status: number,
  slug: string,
  says: string,
])[] = [
  [
    'a rule that is not deployed',
    { ...PAST, rule: 'makeOfer' },
    400,
    'rule-unknown',
    'There is no rule "makeOfer"; deployed: understandWish, makeOffer',
  ],
  [
    'a rule that is not deployed, on a dry run',
    { ...PAST, rule: 'makeOfer', dryRun: true },
    400,
    'rule-unknown',
    'There is no rule "makeOfer"',
  ],
  [
    'a rule that every object has',
    { ...PAST, rule: 'constructor' },
    400,
    'rule-unknown',
    'There is no rule "constructor"',
  ],
  [
    'a type of event that nobody declares',
    { ...PAST, type: 'offer.maid' },
    400,
    'event-type-unknown',
    'Nobody declares the event "offer.maid"; declared: message.received, offer.made, and what the platform tells ("signalbox.…")',
  ],
  [
    "a type of event that is none of the platform's",
    { ...PAST, type: 'signalbox.run.done' },
    400,
    'event-type-unknown',
    'declared: signalbox.run.accepted, signalbox.run.started, ',
  ],
  [
    'a run that there is not',
    { ...PAST, run: '0'.repeat(26) },
    404,
    'run-unknown',
    'There is no run "00000000000000000000000000"',
  ],
  ['a run that is no id', { ...PAST, run: '../x' }, 404, 'run-unknown', 'There is no run "../x"'],
  [
    'a beginning after its end',
    { from: '2025-12-31T00:00:00Z', to: '2025-12-30T00:00:00Z' },
    400,
    'request-invalid',
    'from: is "2025-12-31T00:00:00Z"; allowed: an instant before the end, 2025-12-30T00:00:00.000Z',
  ],
  [
    'a beginning in the future',
    { from: '2999-01-01T00:00:00Z' },
    400,
    'request-invalid',
    'from: is "2999-01-01T00:00:00Z"; allowed: an instant before now, 2026-01-01T00:00:00.000Z',
  ],
  [
    'an end in the future',
    { ...PAST, to: '2999-01-01T00:00:00Z' },
    400,
    'request-invalid',
    'to: is "2999-01-01T00:00:00Z"; allowed: an instant until now, 2026-01-01T00:00:00.000Z',
  ],
  [
    'a beginning that is no instant',
    { from: 'monday' },
    400,
    'request-invalid',
    'from: is "monday"; allowed: an instant with its offset, like 2026-11-24T13:05:00Z',
  ],
  ...[0, -5, 1001].map(
    (rate) =>
      [
        `a rate of ${rate}`,
        { ...PAST, rate },
        400,
        'request-invalid',
        `rate: is ${rate}; allowed: a number from 1 to 1000`,
      ] as const,
  ),
  [
    'a rate that is no number',
    { ...PAST, rate: 'fast' },
    400,
    'request-invalid',
    'rate: is "fast"; allowed: a number from 1 to 1000',
  ],
];

test.each(REFUSED)(
  '%s is refused by name, and nothing is begun',
  async (_, body, status, slug, says) => {
    const api = apiUnderTest();
    const answer = await api.ask(post('/consumers/router/replays', body));
    expect(answer).toMatchObject({
      status,
      body: { type: `https://signalbox.dev/problems/${slug}` },
    });
    expect(saidBy(answer)).toContain(says);
    for (const queue of api.orders.values()) expect(queue.receive(10)).toEqual([]);
  },
);

const saidBy = ({ body: { detail, errors = [] } }: Answer): string =>
  [detail, ...errors.map(({ field, problem }: FieldProblem) => `${field}: ${problem}`)].join('\n');

test('lanes of a run that there is not are refused, and nothing is sent', async () => {
  const api = apiUnderTest();
  const answer = await api.ask(post('/consumers/router/lanes', { run: 'run-x' }));
  expect(answer).toMatchObject({
    status: 404,
    body: { detail: expect.stringContaining('no run "run-x"') },
  });
  for (const queue of api.orders.values()) expect(queue.receive(10)).toEqual([]);
});

test.each([
  ['a consumer that is none', '/consumers/reader/replays', {}, 404, /allowed: projector, router/],
  ['a name that every object has', '/consumers/toString/replays', {}, 404, /is no consumer/],
  ['the archiver', '/consumers/archiver/replays', {}, 404, /the past comes from it/],
  [
    'a rebuild of what is no read model',
    '/consumers/router/rebuilds',
    {},
    404,
    /allowed: projector/,
  ],
  ['no beginning', '/consumers/router/replays', {}, 400, /from/],
  ['a beginning that is no instant', '/consumers/router/replays', { from: 'monday' }, 400, /from/],
  [
    'an end before the beginning',
    '/consumers/router/replays',
    { from: '2025-12-31T00:00:00Z', to: '2025-12-30T00:00:00Z' },
    400,
    /from/,
  ],
  [
    'an end in the future',
    '/consumers/router/replays',
    { from: '2025-12-31T00:00:00Z', to: '2999-01-01T00:00:00Z' },
    400,
    /to/,
  ],
  [
    'effects of a consumer that has none',
    '/consumers/projector/replays',
    { from: '2025-12-31T00:00:00Z', effects: true },
    400,
    /effects/,
  ],
  [
    'a rate of nothing',
    '/consumers/router/replays',
    { from: '2025-12-31T00:00:00Z', rate: 0 },
    400,
    /rate/,
  ],
])('%s is refused, and nothing is sent', async (_, path, body, status, detail) => {
  const api = apiUnderTest();
  const answer = await api.ask(post(path, body));
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body)).toMatch(detail);
  for (const queue of api.orders.values()) expect(queue.receive(10)).toEqual([]);
});

test('a replay that nobody has ordered is unknown', async () => {
  const answer = await apiUnderTest().ask({
    method: 'GET',
    path: '/consumers/router/replays/none',
  });
  expect(answer).toMatchObject({ status: 404, body: { title: 'No such replay' } });
});
