import { describe, expect, it } from 'vitest';
import { newBucket } from '#runtime/core/quota-limits.ts';
import { placeText } from '#runtime/core/return-place.ts';
import { type Answer, QUESTION, startCall } from './api-under-test.ts';
import { limitedTo, MODEL } from './limited-api.ts';

const placeOf = ({ body }: Answer): string => body.overload.place;

describe('a start while the line is full', () => {
  it('is refused with the full stage, the wait, what is allowed, and a place', async () => {
    const { start, ledger, events } = await limitedTo(2, 21);
    const { status, headers, body } = await start({ 'idempotency-key': 'k-1' });
    expect(status).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '11' });
    expect(body).toMatchObject({
      type: 'https://signalbox.dev/problems/overloaded',
      title: 'The line is full',
      detail: expect.stringContaining('Work waits 21 s at model:default'),
      overload: {
        stage: MODEL,
        predictedWaitSeconds: 21,
        maxQueueSeconds: 20,
        retryAfterSeconds: 11,
        place: expect.any(String),
      },
    });
    expect(await ledger.runs.read(String(body.overload.place).slice(0, 26))).toBeNull();
    expect(events.events).toEqual([]);
  });

  it('tells a newcomer that waits for those before it so, not that its wait is too long', async () => {
    const { start, system } = await limitedTo(2, 21);
    await start();
    await system.advance(6000);
    const { status, body } = await start();
    expect(status).toBe(429);
    expect(body.overload).toMatchObject({ predictedWaitSeconds: 15, maxQueueSeconds: 20 });
    expect(body.detail).toContain('15 s at model:default, and runs that were sent away before go');
  });

  it('becomes the run of its place when it comes back in time', async () => {
    const { start, system, record } = await limitedTo(2, 21);
    const place = placeOf(await start());
    await system.advance(11_000);
    const { status, body } = await start({ 'signalbox-place': place });
    expect(status).toBe(202);
    expect(place).toContain(body.id);
    expect(await record()).toMatchObject({ admitted: 1, rejected: 1, redeemed: 1 });
  });

  it('is told the same place again when it comes too early', async () => {
    const { start, system, record } = await limitedTo(2, 21);
    const place = placeOf(await start());
    await system.advance(3000);
    const again = await start({ 'signalbox-place': place });
    expect(again).toMatchObject({ status: 429, headers: { 'retry-after': '8' } });
    expect(placeOf(again)).toBe(place);
    expect(await record()).toMatchObject({ rejected: 1 });
  });

  it('makes one run of a place that is redeemed twice, also at once', async () => {
    const { start, system, record } = await limitedTo(2, 21);
    const place = placeOf(await start());
    await system.advance(11_000);
    const headers = { 'signalbox-place': place };
    const answers = await Promise.all([start(headers), start(headers)]);
    const later = await start(headers);
    expect(new Set([...answers, later].map(({ body }) => body.id)).size).toBe(1);
    const { admitted } = await record();
    await start(headers);
    expect(await record()).toMatchObject({ admitted });
  });

  it('is refused for wrong input before it gets a place', async () => {
    const { ask, record } = await limitedTo(2, 21);
    expect((await ask(startCall({}, { ...QUESTION, query: '' }))).status).toBe(400);
    expect(await record()).toMatchObject({ rejected: 0 });
  });
});

describe('a request that is sent again', () => {
  it('is answered with its run, and takes no second turn', async () => {
    const { start, record } = await limitedTo(2, 19.5);
    const keyed = { 'idempotency-key': 'k-1' };
    const first = await start(keyed);
    expect((await start({ 'idempotency-key': 'k-2' })).status).toBe(202);
    expect((await start({ 'idempotency-key': 'k-3' })).status).toBe(429);
    const before = await record();
    expect(await start(keyed)).toMatchObject({ status: 202, body: { id: first.body.id } });
    expect(await record()).toEqual(before);
  });

  it('is refused with other input under the same place', async () => {
    const { start, ask, system } = await limitedTo(2, 21);
    const place = placeOf(await start());
    await system.advance(11_000);
    await start({ 'signalbox-place': place });
    const other = { ...QUESTION, query: 'Another one?' };
    const answer = await ask(startCall({ 'signalbox-place': place }, other));
    expect(answer).toMatchObject({ status: 409 });
  });
});

describe('the header Signalbox-Place', () => {
  it.each([
    ['garbage', () => 'x'],
    ['nothing', () => ''],
    ['a changed place', (place: string) => place.replace(/_\d+\./, '_0.')],
    ['another run’s', (place: string) => `${'0'.repeat(26)}${place.slice(26)}`],
  ])('is refused when it is %s', async (_what, change) => {
    const { start } = await limitedTo(2, 21);
    const place = placeOf(await start());
    const answer = await start({ 'signalbox-place': change(place) });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: expect.stringMatching(/Signalbox-Place.*not given to you.*allowed/) },
    });
  });

  it.each([
    ['tenant', { tenant: 'other', workflow: 'support' }],
    ['workflow', { tenant: 'default', workflow: 'numbers' }],
  ])('is refused when it is of another %s', async (_what, owner) => {
    const { start, dependencies } = await limitedTo(2, 21);
    const key = await dependencies.placeKey.read();
    const place = placeText({ ...owner, run: '0'.repeat(26), place: 1 }, key);
    expect(await start({ 'signalbox-place': place })).toMatchObject({ status: 400 });
  });

  it('is refused beside an Idempotency-Key of another request', async () => {
    const { start } = await limitedTo(2, 21);
    const place = placeOf(await start({ 'idempotency-key': 'k-1' }));
    const answer = await start({ 'idempotency-key': 'k-2', 'signalbox-place': place });
    expect(answer).toMatchObject({
      status: 400,
      body: { detail: expect.stringContaining('another Idempotency-Key') },
    });
  });
});

describe('what a run knows of its admission', () => {
  it('is when it is expected to end, in the answer that accepts it', async () => {
    const { start, system } = await limitedTo(2, 4, { runSeconds: 6 });
    const { body } = await start({ 'idempotency-key': 'k-1' });
    expect(body.eta).toBe(new Date(system.now() + 10_000).toISOString());
    expect((await start({ 'idempotency-key': 'k-1' })).body).not.toHaveProperty('eta');
  });

  it('is the predicted wait, told with its acceptance', async () => {
    const { start, events } = await limitedTo(2, 4);
    await start();
    expect(events.events[0]).toMatchObject({
      type: 'signalbox.run.accepted',
      data: { predictedWaitMs: 4000 },
    });
  });

  it('is the fast lane, told to its workflow, when its tenant is below its share', async () => {
    const { start, dependencies, orchestrator, record, system } = await limitedTo(2, 30);
    const flooded = { ...(await record()), tenants: { loud: system.now() + 60_000 } };
    await dependencies.admissions.put({ record: { ...flooded, rev: 2 }, expectedRev: 1 });
    const { status, body } = await start();
    expect(status).toBe(202);
    expect(orchestrator.inputOf('support', `${body.id}-0`)).toMatchObject({
      sb: { lane: 'fast' },
    });
  });
});

describe('the correction', () => {
  /** The bucket of the model after so many calls of support, so many of them waiting. */
  async function called(api: Awaited<ReturnType<typeof limitedTo>>, own: number, waiting: number) {
    const nowMs = api.system.now();
    const record = newBucket({ quota: MODEL }, { requestsPerSecond: 2, burst: 1 }, nowMs);
    const requests = { ...record.requests, next: waiting };
    await api.dependencies.quotas.change({
      record: { ...record, requests, taken: own, takenBy: { support: own } },
      before: null,
    });
  }

  it('goes with the first request that finds it due', async () => {
    const before = { callsPerRun: { [MODEL]: 1 }, takenBefore: {}, admittedBefore: 0 };
    const api = await limitedTo(2, 0, before);
    await api.system.advance(10_000);
    await called(api, 0, 20);
    await api.start();
    const { rev, admitted, control } = await api.record();
    expect({ rev, admitted }).toEqual({ rev: 2, admitted: 1 });
    expect(control).toMatchObject({ atMs: api.system.now(), bottleneck: MODEL });
    expect(control.measuredWaitSeconds).toBeCloseTo(20 / 1.98);
  });

  it('comes within two seconds of an outage, and once', async () => {
    const api = await limitedTo(2, 0, { callsPerRun: { [MODEL]: 1 } });
    const nowMs = api.system.now();
    const record = newBucket({ quota: MODEL }, { requestsPerSecond: 2, burst: 1 }, nowMs);
    const closed = { kind: 'outage', atMs: nowMs, probeAtMs: nowMs } as const;
    await api.dependencies.quotas.change({ record: { ...record, closed }, before: null });
    await api.system.advance(1999);
    await api.start();
    expect((await api.record()).control.isClosed).toBe(false);
    await api.system.advance(1);
    await api.start();
    const { control } = await api.record();
    expect(control).toMatchObject({ isClosed: true, atMs: nowMs + 2000 });
    await api.system.advance(2000);
    await api.start();
    expect((await api.record()).control).toEqual({ ...control, lookedAtMs: nowMs + 4000 });
  });

  it('that fails is told, and keeps nobody out', async () => {
    const api = await limitedTo(2, 0);
    await api.system.advance(10_000);
    api.dependencies.quotas.read = async () => {
      throw new TypeError('away');
    };
    const answers = [await api.start(), await api.start()];
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const told = JSON.stringify(api.logged).match(/could not be corrected/g);
    expect(told).toHaveLength(1);
  });

  it('that takes too long is left for later', async () => {
    const api = await limitedTo(2, 0);
    await api.system.advance(10_000);
    const { promise } = Promise.withResolvers<never>();
    api.dependencies.quotas.read = () => promise;
    const beganMs = api.system.now();
    expect((await api.start()).status).toBe(202);
    expect(api.system.now() - beganMs).toBe(1000);
    expect((await api.start()).status).toBe(202);
    expect(api.system.now() - beganMs).toBe(1000);
  });
});

it('more requests at once than the record takes are told to come back', async () => {
  const api = await limitedTo(2, 0);
  const { admissions } = api.dependencies;
  const put = admissions.put.bind(admissions);
  // Somebody else is always faster.
  admissions.put = async ({ record, expectedRev }) => {
    await put({ record: { ...record, admitted: 1000 + record.rev }, expectedRev });
    return put({ record, expectedRev });
  };
  const { status, body } = await api.start();
  expect(status).toBe(429);
  expect(body).toMatchObject({
    detail:
      'More starts of the workflow come at once than can be counted. There is no place to keep: try again in 1 s.',
    overload: { stage: 'front-door', retryAfterSeconds: 1 },
  });
  expect(body.overload).not.toHaveProperty('place');
});
