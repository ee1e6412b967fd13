import { describe, expect, it } from 'vitest';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { MemoryReadModel } from '#runtime/adapters/memory/read-model.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { type ProjectorPorts, projectEvents } from '#runtime/lambda/project-events.ts';
import { consumerPorts } from '../../support/consumer-ports.ts';
import { away } from '../../support/consumer-world.ts';
import { accepted, RUN, shortStory, started } from '../../support/story.ts';
import { kinesisBatch } from '../../support/stream-batch.ts';

function projector(replace: (real: ProjectorPorts) => ProjectorPorts = (ports) => ports) {
  const [ledger, readModel, meter] = [
    new MemoryLedger(),
    new MemoryReadModel(),
    new MemoryStageMeter(),
  ];
  const [lanes, stream] = [new MemoryLaneStore(), new MemoryEventLog()];
  const system = new VirtualSystem({ startMs: READ_MS });
  const { deadLetters } = ledger;
  const ports = replace({
    ...consumerPorts({ deadLetters, lanes, events: stream, system }),
    readModel,
    meter,
  });
  return {
    ledger,
    readModel,
    lanes,
    stream,
    /** Everything that the meter was given. */
    samples: () => meter.since(0),
    /** Resolves with the place of the record from which the batch comes again; `null` when it is done. */
    project: async (records: readonly unknown[]): Promise<number | null> => {
      const answer = await system.run(projectEvents(ports, kinesisBatch(records)));
      const [failed] = answer.batchItemFailures;
      return failed ? Number(failed.itemIdentifier) : null;
    },
  };
}

/** Two seconds and a bit behind the arrival of the records (`kinesisBatch`). */
const READ_MS = 1_767_225_602_623;

const domain = { ...started(1), id: 'domain', type: 'thing.happened' };

const POISON: readonly (readonly [name: string, record: unknown, cause: RegExp])[] = [
  ['text', 'not json at all', /not JSON/],
  ['null', 'null', /not JSON|not an event/],
  ['another shape', { hello: 1 }, /not an event: .*specversion/],
  ['a tenant that cannot be', { ...started(1), tenant: 'A/B' }, /tenant/],
  ['a time that is none', { ...started(1), time: 'yesterday' }, /time/],
  [
    'a platform event with the wrong data',
    { ...accepted(), data: { tags: 7 } },
    /signalbox\.run\.accepted is wrong: .*tags/,
  ],
  ['an event too large', { ...domain, data: 'x'.repeat(500_000) }, /bytes.*allowed/],
  [
    'an event that grows when it is written again',
    JSON.stringify({ ...domain, data: 0 }).replace(
      '"data":0',
      `"data":[${'1e20,'.repeat(30_000)}1]`,
    ),
    /bytes.*allowed/,
  ],
  [
    'an event nested too deep',
    JSON.stringify({ ...domain, data: 0 }).replace(
      '"data":0',
      `"data":${'['.repeat(300)}${']'.repeat(300)}`,
    ),
    /deep/,
  ],
  [
    'a time too long for a key',
    { ...domain, time: `2026-01-01T00:00:00.${'0'.repeat(2000)}Z` },
    /time.*2021 bytes.*allowed/,
  ],
  ['a workflow too long for a key', { ...accepted(), workflow: 'w'.repeat(3000) }, /workflow/],
  [
    'a deadline that is no time',
    { ...accepted(), data: { inputHash: '', tags: {}, deadlineAt: 'x'.repeat(300_000) } },
    /deadlineAt/,
  ],
  ['a tag too long for a key', accepted({ ['k'.repeat(2000)]: 'v' }), /key of a tag/],
  ['a tag value too long for a key', accepted({ k: 'v'.repeat(3000) }), /tags\.k/],
  [
    'more tags than a run can have',
    accepted(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`k${i}`, 'v']))),
    /2000 tags.*allowed/,
  ],
  ['half a character in a key', { ...domain, run: 'run-\ud800' }, /run.*half/],
  ['what cannot even be described briefly', accepted({ ['\u0001'.repeat(60_000)]: 'v' }), /tag/],
];

describe('the projector', () => {
  it('applies a batch to the read model', async () => {
    const { project, readModel } = projector();
    await project(shortStory());
    expect(await readModel.listing(RUN)).toMatchObject({
      acceptedAt: '2026-01-01T00:00:00.000Z',
      startedAt: '2026-01-01T00:00:00.050Z',
      tags: { customer: 'c-1' },
      status: { status: 'succeeded', gen: 0 },
    });
    const { events } = await readModel.events({ run: RUN, limit: 100 });
    expect(events).toHaveLength(shortStory().length);
  });

  it('keeps domain events and types of a newer release', async () => {
    const { project, readModel, ledger } = projector();
    const newer = { ...started(1), id: 'a', type: 'signalbox.run.teleported', data: { x: 1 } };
    await project([newer, { ...newer, id: 'b', type: 'answer.drafted' }]);
    expect((await readModel.events({ run: RUN, limit: 9 })).events).toHaveLength(2);
    expect(ledger.parked()).toEqual([]);
  });

  it.each(POISON)('parks %s, and goes on with the others', async (_name, record, cause) => {
    const { project, readModel, ledger } = projector();
    await project([accepted(), record, started(5)]);
    expect((await readModel.events({ run: RUN, limit: 9 })).events).toHaveLength(2);
    expect(ledger.parked()).toMatchObject([
      { agent: 'project-events', code: 'EVENT_INVALID', cause: expect.stringMatching(cause) },
    ]);
  });

  it('parks one letter for a record that comes again', async () => {
    const { project, ledger } = projector();
    await project(['poison']);
    await project(['poison']);
    expect(ledger.parked()).toHaveLength(1);
  });

  it('gets the whole batch again while the read model is away, and repairs it when it is back', async () => {
    let isAway = true;
    const { project, readModel, lanes } = projector((real) => ({
      ...real,
      readModel: {
        apply: async (projections) => {
          await real.readModel.apply(projections.slice(0, 3));
          if (isAway) throw away();
          await real.readModel.apply(projections);
        },
      },
    }));
    expect(await project(shortStory())).toBe(0);
    expect((await lanes.openOf({ consumer: 'project-events', runs: [RUN] })).size).toBe(0);
    isAway = false;
    expect(await project(shortStory())).toBeNull();
    expect((await readModel.listing(RUN))?.status?.status).toBe('succeeded');
  });

  it('R8: parks what the read model refuses, and shows the other runs', async () => {
    const { project, readModel, lanes, stream } = projector((real) => ({
      ...real,
      readModel: {
        apply: (projections) =>
          JSON.stringify(projections).includes('poison')
            ? Promise.reject(new RangeError('no room'))
            : real.readModel.apply(projections),
      },
    }));
    const poison = { ...domain, id: 'poison', run: 'other' };
    expect(await project([accepted(), poison, started(5)])).toBeNull();
    expect((await readModel.events({ run: RUN, limit: 9 })).events).toHaveLength(2);
    expect(await lanes.list({ consumer: 'project-events', limit: 9 })).toMatchObject([
      { run: 'other', event: 'poison', cause: 'RangeError: no room' },
    ]);
    expect(stream.events).toMatchObject([{ type: 'signalbox.event.parked', run: 'other' }]);
  });

  it('gets a record again that cannot be parked', async () => {
    const { project } = projector((real) => ({
      ...real,
      deadLetters: { park: () => Promise.reject(away()) },
    }));
    expect(await project([accepted(), 'poison'])).toBe(1);
  });
});

describe('the sample of the stages', () => {
  it('is kept once for a batch, what cannot be read aside, however often it comes', async () => {
    const { project, samples } = projector();
    const batch = [...shortStory(), 'poison'];
    await project(batch);
    await project(batch);
    expect(await samples()).toMatchObject([
      {
        id: 'shardId-000000000000:0',
        consumer: 'project-events',
        atMs: READ_MS,
        events: shortStory().length,
        lagMs: 2500,
        runs: [{ workflow: 'support', accepted: 1, succeeded: 1 }],
      },
    ]);
  });

  it('is not kept of a batch that will come again', async () => {
    const { project, samples } = projector((real) => ({
      ...real,
      readModel: { apply: () => Promise.reject(away()) },
    }));
    expect(await project(shortStory())).toBe(0);
    expect(await samples()).toEqual([]);
  });

  it('is left out, and the log says so, while the meter is away', async () => {
    const logged: string[] = [];
    const { project, readModel } = projector((real) => ({
      ...real,
      meter: { add: () => Promise.reject(away()) },
      telemetry: { log: (_level, message) => void logged.push(message) },
    }));
    await project(shortStory());
    expect((await readModel.listing(RUN))?.status?.status).toBe('succeeded');
    expect(logged).toContain('a sample of the stages was not kept');
  });
});
