/**
 * The archiver: event stream → archive.
 *
 * Boundary: a batch of Kinesis records of one shard in, an object for each hour of arrival out.
 * Invariants
 * A1. A batch is done once all of it is in the archive; until then it comes again as a whole. Nothing is
 *     parked: a record that is no event is archived, too.
 * A2. The checkpoint is written behind the archive, so that replays know how far that is complete.
 */
import type { KinesisStreamEvent } from 'aws-lambda';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { archiveObjects } from '../core/consume/archive-objects.ts';
import type { ArchiveWriter } from '../ports.ts';
import { type ConsumerPorts, keepCheckpoint } from './consume-events.ts';
import { readRecords } from './read-records.ts';

export interface ArchiverPorts extends Pick<ConsumerPorts, 'checkpoints' | 'system' | 'telemetry'> {
  readonly archive: ArchiveWriter;
}

/** @throws what the archive throws: the batch comes again. */
export async function archiveEvents(
  ports: ArchiverPorts,
  event: KinesisStreamEvent,
): Promise<void> {
  const records = readRecords(event);
  const objects = archiveObjects(records);
  for (const object of objects) await ports.archive.put(object);
  const progress = { stoppedAt: null, handled: records.length, parked: 0 };
  await keepCheckpoint(ports, PLATFORM_NAMES.archiveEvents, records, progress);
  ports.telemetry.log('info', 'archived', { records: records.length, objects: objects.length });
}
