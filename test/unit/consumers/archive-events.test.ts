import { describe, expect, it } from 'vitest';
import { MemoryArchive } from '#runtime/adapters/memory/archive.ts';
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { type ArchiverPorts, archiveEvents } from '#runtime/lambda/archive-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';
import { away, eventOf } from '../../support/consumer-world.ts';
import { kinesisBatch } from '../../support/stream-batch.ts';

const [one, two, three] = [eventOf('a', 1), eventOf('b', 1), eventOf('a', 2)];

function archiver(replace: Partial<ArchiverPorts> = {}) {
  const [archive, checkpoints] = [new MemoryArchive(), new MemoryCheckpoints()];
  const ports = {
    archive,
    checkpoints,
    system: new VirtualSystem(),
    telemetry: SILENT,
    ...replace,
  };
  return {
    checkpoints,
    archiveBatch: (batch: ReturnType<typeof kinesisBatch>) => archiveEvents(ports, batch),
    objects: async () => {
      const { keys } = await archive.keys({ prefix: 'events/', limit: 99 });
      return Promise.all(keys.map(async (key) => ({ key, lines: await archive.lines(key) })));
    },
  };
}

describe('the archiver', () => {
  it('keeps a batch as lines, by the hour of arrival, under its shard and first sequence number', async () => {
    const { archiveBatch, objects } = archiver();
    await archiveBatch(kinesisBatch([one, two, three]));
    expect(await objects()).toEqual([
      {
        key: `events/2026/01/01/00/shardId-000000000000-${'0'.repeat(64)}.jsonl`,
        lines: [one, two, three].map((event) => JSON.stringify(event)),
      },
    ]);
  });

  it('parts a batch at the hour', async () => {
    const { archiveBatch, objects } = archiver();
    const batch = kinesisBatch([one, two]);
    const [, second] = batch.Records;
    if (second) second.kinesis.approximateArrivalTimestamp += 3600;
    await archiveBatch(batch);
    expect((await objects()).map(({ key }) => key.slice(0, 21))).toEqual([
      'events/2026/01/01/00/',
      'events/2026/01/01/01/',
    ]);
  });

  it('keeps an event as it came, also what nobody knows of it, on one line', async () => {
    const { archiveBatch, objects } = archiver();
    const foreign = { ...one, extension: { 'not in': ['the', 'schema'] } };
    await archiveBatch(kinesisBatch([JSON.stringify(foreign, null, 2)]));
    const [object] = await objects();
    expect(object?.lines).toEqual([JSON.stringify(foreign)]);
  });

  it('keeps what is no event, as a line that says so and gives its bytes back', async () => {
    const { archiveBatch, objects } = archiver();
    await archiveBatch(kinesisBatch([one, 'no\nevent']));
    const [object] = await objects();
    expect(object?.lines).toHaveLength(2);
    const line = JSON.parse(object?.lines?.[1] ?? '');
    expect(line).toMatchObject({ undecodable: { sequence: '1', cause: 'the record is not JSON' } });
    expect(Buffer.from(line.undecodable.base64, 'base64').toString()).toBe('no\nevent');
  });

  it('writes the same object for a batch that comes again', async () => {
    const { archiveBatch, objects } = archiver();
    await archiveBatch(kinesisBatch([one, two]));
    await archiveBatch(kinesisBatch([one, two, three]));
    expect((await objects()).map(({ lines }) => lines?.length)).toEqual([3]);
  });

  it('moves on only when the archive has everything, and says how far it is then', async () => {
    const { archiveBatch, checkpoints } = archiver();
    await archiveBatch(kinesisBatch([one, two]));
    expect(await checkpoints.list()).toMatchObject([
      { consumer: 'archive-events', sequence: '1', handled: 2, parked: 0 },
    ]);
    const broken = archiver({ archive: { put: () => Promise.reject(away()) } });
    await expect(broken.archiveBatch(kinesisBatch([one]))).rejects.toThrow('connect');
    expect(await broken.checkpoints.list()).toEqual([]);
  });

  it('has nothing to do for an empty batch', async () => {
    const { archiveBatch, objects } = archiver();
    await archiveBatch(kinesisBatch([]));
    expect(await objects()).toEqual([]);
  });
});
