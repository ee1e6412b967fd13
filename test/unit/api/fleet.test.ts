import { describe, expect, it } from 'vitest';
import { newBucket } from '#runtime/core/quota-limits.ts';
import { queued } from '../../support/steps.ts';
import { accepted, step } from '../../support/story.ts';
import { apiUnderTest, startCall } from './api-under-test.ts';

const FLEET = { path: '/fleet' };

describe('GET /fleet', () => {
  it('shows every stage and quota of the deployment before anything has happened', async () => {
    const { ask } = apiUnderTest();
    const { status, body } = await ask(FLEET);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      sentence: 'Nothing waits.',
      bottleneck: null,
      stages: [
        { workflow: 'support', agent: 'answer-question', queued: 0 },
        { workflow: 'numbers', agent: 'add-numbers', queued: 0 },
      ],
      quotas: [
        { quota: 'crm', state: 'open' },
        { quota: 'model:default', state: 'open' },
      ],
      admissions: [],
      consumers: [],
      outbox: { waiting: 0, oldestSeconds: 0 },
    });
  });

  it('names the quota in whose line calls wait', async () => {
    const { ask, dependencies, system } = apiUnderTest();
    const limits = { requestsPerSecond: 2 / 0.99, burst: 1 };
    const bucket = newBucket({ quota: 'model:default' }, limits, system.now());
    const record = { ...bucket, requests: { ...bucket.requests, next: 42 } };
    await dependencies.quotas.change({ record, before: null });
    expect((await ask(FLEET)).body).toMatchObject({
      sentence:
        'model:default is the bottleneck: 41 calls ahead at 2.0 a second, clears in 21 s if nothing new comes.',
      bottleneck: { name: 'model:default', kind: 'quota', clearsInSeconds: 20.5 },
    });
  });

  it('shows what lies in the queues, and what the projector has measured', async () => {
    const { ask, queues, events, project } = apiUnderTest();
    const queue = queues.get('answer-question');
    for (const body of ['a', 'b', 'c']) await queue?.send(queued(body));
    await queue?.send(queued('later', 60));
    queue?.receive(1);
    await events.append([accepted(), step('it').succeeded(10)]);
    await project();
    const { body } = await ask(FLEET);
    expect(body.stages[0]).toMatchObject({ queued: 2, inFlight: 1, deferred: 1 });
    expect(body.stages[2]).toMatchObject({ agent: 'do-it', servicePerSecond: 1 / 30 });
    expect(body.consumers).toMatchObject([{ consumer: 'project-events' }]);
  });

  it('shows a consumer that has read nothing for minutes', async () => {
    const { ask, events, project, system } = apiUnderTest();
    await events.append([accepted()]);
    await project();
    await system.advance(600_000);
    expect((await ask(FLEET)).body.consumers).toMatchObject([{ eventsPerSecond: 0 }]);
  });

  it('shows an outage of the stream by what the outbox keeps', async () => {
    const { ask, outbox, system } = apiUnderTest();
    const time = new Date(system.now() - 45_000).toISOString();
    const kept = ['a', 'b'].map((id) => ({ ...accepted(), id, time }));
    await outbox.put(kept);
    const { body } = await ask(FLEET);
    expect(body.outbox).toEqual({ waiting: 2, oldestSeconds: 45 });
    expect(body.sentence).toContain('at least 2 events wait for it, the oldest for 45 s.');
  });

  it('shows the admission of a workflow that was asked for', async () => {
    const { ask } = apiUnderTest();
    await ask(startCall());
    const { body } = await ask(FLEET);
    expect(body.admissions).toMatchObject([
      { workflow: 'support', admitted: 1, rejected: 0, ratePerSecond: null, maxQueueSeconds: 20 },
    ]);
    expect(JSON.stringify(body.admissions)).not.toMatch(/takenBefore|admittedBefore/);
  });
});

describe('GET /fleet that cannot be answered', () => {
  it('refuses parameters', async () => {
    const { ask } = apiUnderTest();
    expect((await ask({ ...FLEET, query: { stage: 'x' } })).status).toBe(400);
  });

  it('is no answer at all while the queues cannot be asked', async () => {
    const { ask } = apiUnderTest((real) => ({
      ...real,
      queueDepths: { read: () => Promise.reject(new RangeError('away')) },
    }));
    expect((await ask(FLEET)).status).toBe(500);
  });
});

describe('GET /health', () => {
  it('answers without looking at the fleet', async () => {
    const away = { read: () => Promise.reject(new RangeError('away')) };
    const { ask } = apiUnderTest((real) => ({ ...real, queueDepths: away }));
    expect((await ask({ path: '/health' })).status).toBe(200);
  });
});
