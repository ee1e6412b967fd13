/**
 * The projector: event stream → read model.
 *
 * Boundary: a batch of Kinesis records in; projections and a sample of the stages out. What fails is the
 * consumer library's (`consume-events.ts`).
 * Invariants
 * P1. Projections commute, and applying one twice changes nothing (R11).
 * P2. The sample comes last, of a batch that will not come again, and a meter that is away fails nothing:
 *     figures of half a minute are not worth an event that is late.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { batchAnswer, type StreamRecord } from '../core/consume/records.ts';
import { projectionsOf } from '../core/project.ts';
import { sampleOf } from '../core/stage-meter.ts';
import type { ReadModelWriter, StageMeter } from '../ports.ts';
import { type Consumer, type ConsumerPorts, consumeRecords } from './consume-events.ts';
import { readRecords } from './read-records.ts';

export interface ProjectorPorts extends ConsumerPorts {
  readonly readModel: ReadModelWriter;
  readonly meter: Pick<StageMeter, 'add'>;
}

/** The projector as a consumer: what replays and drained lanes are fed to. */
export const projector = ({ readModel }: Pick<ProjectorPorts, 'readModel'>): Consumer => ({
  name: PLATFORM_NAMES.projectEvents,
  handle: (events) => readModel.apply(events.flatMap(projectionsOf)),
});

/** @throws what the store of lanes throws: the whole batch comes again. */
export async function projectEvents(
  ports: ProjectorPorts,
  event: KinesisStreamEvent,
): Promise<KinesisStreamBatchResponse> {
  const readMs = ports.system.now();
  const records = readRecords(event);
  const progress = await consumeRecords(ports, projector(ports), records);
  if (progress.stoppedAt === null) await meter(ports, readMs, records);
  return batchAnswer(records, progress);
}

/** Keeps a sample of the batch, or leaves it (P2). */
async function meter(
  ports: Pick<ProjectorPorts, 'meter' | 'telemetry'>,
  atMs: number,
  records: readonly StreamRecord[],
): Promise<void> {
  const [first] = records;
  if (!first) return;
  const sample = sampleOf({
    id: first.id,
    consumer: PLATFORM_NAMES.projectEvents,
    atMs,
    oldestMs: Math.min(...records.map(({ arrivedMs }) => arrivedMs)),
    events: records.flatMap(({ read }) => (read.kind === 'event' ? [read.event] : [])),
  });
  await ports.meter.add(sample).catch((error: unknown) => {
    ports.telemetry.log('warn', 'a sample of the stages was not kept', { error });
  });
}
