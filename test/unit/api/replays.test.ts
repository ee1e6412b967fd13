import { expect, test } from 'vitest';
import '../../support/late-routes.ts';
import { apiUnderTest } from './api-under-test.ts';

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
    post('/consumers/router/replays', { from: '2025-12-31T00:00:00Z', rule: 'writeReport' }),
  );
  expect(answer).toMatchObject({
    status: 202,
    body: {
      consumer: 'router',
      rule: 'writeReport',
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
  await api.ask(post('/consumers/projector/lanes', { run: 'run-1' }));
  await api.ask(post('/consumers/projector/lanes'));
  expect(messages(api, 'project-events-replays')).toEqual([
    { kind: 'lanes', run: 'run-1' },
    { kind: 'lanes' },
  ]);
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
