import { describe, expect, it } from 'vitest';
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryStreamTail } from '#runtime/adapters/memory/stream-tail.ts';
import { eventOf } from '../../support/consumer-world.ts';
import { apiUnderTest } from './api-under-test.ts';

const SHARD = 'shardId-000000000000';
const GET = { path: '/consumers' };

function consumersUnderTest() {
  const [checkpoints, lanes, tail] = [
    new MemoryCheckpoints(),
    new MemoryLaneStore(),
    new MemoryStreamTail(),
  ];
  const api = apiUnderTest((real) => ({ ...real, checkpoints, lanes, tail }));
  return { api, checkpoints, lanes, tail, nowMs: api.system.now() };
}

describe('GET /consumers', () => {
  it('tells of every consumer how far it is in each shard, and what it has put aside', async () => {
    const { api, checkpoints, tail, lanes, nowMs } = consumersUnderTest();
    tail.hold(SHARD, [
      { sequence: '1', arrivedMs: nowMs - 9000 },
      { sequence: '2', arrivedMs: nowMs - 4000 },
    ]);
    await checkpoints.put({
      consumer: 'project-events',
      shard: SHARD,
      sequence: '1',
      arrivedMs: nowMs - 9000,
      atMs: nowMs - 8000,
      addHandled: 7,
      addParked: 1,
    });
    const parkedAt = new Date(nowMs).toISOString();
    const cause = { code: 'UNHANDLED', message: 'RangeError: no' };
    const event = eventOf('a', 1);
    await lanes.park({ consumer: 'project-events', run: 'a', event, cause, parkedAt });
    const { status, body } = await api.ask(GET);
    expect(status).toBe(200);
    const { consumers } = body as unknown as { consumers: readonly { name: string }[] };
    expect(consumers.map(({ name }) => name)).toEqual([
      'projector',
      'router',
      'archiver',
      'exporter',
    ]);
    expect(consumers[0]).toEqual({
      name: 'projector',
      function: 'project-events',
      shards: [
        {
          shard: SHARD,
          events: 1,
          more: false,
          seconds: 4,
          lastAt: new Date(nowMs - 8000).toISOString(),
        },
      ],
      lanes: [
        {
          run: 'a',
          tenant: 'default',
          event: event.id,
          type: 'thing.happened',
          code: 'UNHANDLED',
          cause: 'RangeError: no',
          parkedAt,
        },
      ],
      moreLanes: false,
      handled: 7,
      parked: 1,
    });
    expect(consumers[2]).toMatchObject({ shards: [{ events: 2, seconds: 9, lastAt: null }] });
  });

  it('takes no parameters', async () => {
    const { api } = consumersUnderTest();
    expect((await api.ask({ ...GET, query: { shard: '1' } })).status).toBe(400);
  });
});
