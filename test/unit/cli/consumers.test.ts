import { describe, expect, it } from 'vitest';
import type { ConsumerView } from '#runtime/contracts/consumers.ts';
import { consumerLines } from '../../../cli/draw/consumers.ts';
import { noPaint } from '../../../cli/draw/paint.ts';

const sheet = { width: 120, paint: noPaint };
const consumer = (changes: Partial<ConsumerView>): ConsumerView => ({
  name: 'projector',
  function: 'project-events',
  shards: [
    {
      shard: 'shardId-000000000000',
      events: 0,
      more: false,
      seconds: 0,
      lastAt: '2026-01-01T12:00:00.000Z',
    },
  ],
  lanes: [],
  moreLanes: false,
  handled: 120,
  parked: 0,
  ...changes,
});

describe('consumers lag', () => {
  it('shows each consumer, shard by shard', () => {
    const late = {
      shard: 'shardId-000000000001',
      events: 500,
      more: true,
      seconds: 61,
      lastAt: null,
    };
    const lines = consumerLines(
      {
        consumers: [
          consumer({}),
          consumer({ name: 'router', shards: [...consumer({}).shards, late] }),
        ],
      },
      sheet,
    );
    expect(lines.map((line) => line.trimEnd())).toMatchInlineSnapshot(`
      [
        "consumer   shard                 behind      oldest                 last  handled  parked",
        "projector  shardId-000000000000       0              2026-01-01 12:00:00      120       0",
        "router     shardId-000000000000       0              2026-01-01 12:00:00      120       0",
        "           shardId-000000000001    500+  1 min 01 s                never",
      ]
    `);
  });

  it('shows the events that were parked, and why, below', () => {
    const lane = {
      run: 'run-1',
      tenant: 'default',
      event: 'e',
      type: 'listings.found',
      code: 'UNHANDLED',
      cause: 'RangeError: \u001b[31mno\u001b[0m room',
      parkedAt: '2026-01-01T12:00:00.000Z',
    };
    const lines = consumerLines(
      { consumers: [consumer({ name: 'router', lanes: [lane], moreLanes: true, parked: 2 })] },
      sheet,
    );
    expect(lines.join('\n')).toContain('RangeError:');
    expect(lines.join('\n')).not.toContain('\u001b');
    expect(lines.at(-1)).toBe('more open lanes: router');
  });
});
