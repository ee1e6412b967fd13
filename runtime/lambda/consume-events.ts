/**
 * The consumer library: what the projector, the router and the exporter do with a batch of the stream.
 *
 * Job: decode, group by run, hand over, park what fails, answer. A consumer is a function of events.
 * Boundary: a batch of Kinesis records of one shard in, the record from which it comes again out.
 *
 * Invariants
 * K1. Every event is handled or parked at least once, whatever fails or crashes where: the answer names
 *     the first record of which that is not certain.
 * K2. Events of a run are handed over in the order of the shard. While a run has an open lane, its
 *     events queue there behind those that wait.
 * R8. An event that cannot be handled is parked with its cause and told on the stream; all other runs
 *     go on. What is no event is parked as a dead letter.
 * K3. An invocation ends in time: what was not begun `BEGIN_MS` after its start comes again.
 */
import type { KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda';
import type { SignalboxEvent } from '../contracts/event.ts';
import {
  batchAnswer,
  eventsByRun,
  lastDone,
  type Progress,
  type RunEvents,
  type StreamRecord,
  type UndecodableRecord,
  undecodable,
} from '../core/consume/records.ts';
import { type PlatformName, platformLetter } from '../core/platform-letter.ts';
import type { Checkpoints, DeadLetterStore, EventLog, LaneStore, System } from '../ports.ts';
import { BatchWork } from './batch-work.ts';
import { eachAtMost } from './each-at-most.ts';
import { readRecords } from './read-records.ts';
import type { Telemetry } from './telemetry.ts';

/** Something that follows the event stream. */
export interface Consumer {
  /** Of its function: its lanes, checkpoints and letters are found under it. */
  readonly name: PlatformName;
  /**
   * Handles events of one run, in their order. May be called again with the same events, and with fewer
   * of them after it has failed: an event that was handled before must change nothing.
   * @throws RetryableError, or whatever an adapter throws, when something is away (`core/consume/failure.ts`);
   * any other error says that one of the events can never be handled
   */
  readonly handle: (events: readonly SignalboxEvent[], context: ConsumerContext) => Promise<void>;
  /** Runs of a batch that are worked on at a time. @default 10 */
  readonly concurrency?: number;
}

interface ConsumerContext {
  /** Present while a replay feeds it the past. */
  readonly replay?: ReplayContext;
}

export interface ReplayContext {
  readonly id: string;
  /** Its reactions may change the world outside. */
  readonly hasEffects: boolean;
  /** Only the rule of this name reacts. @default - all */
  readonly rule?: string;
}

export interface ConsumerPorts {
  readonly lanes: Pick<LaneStore, 'openOf' | 'park' | 'queue'>;
  readonly checkpoints: Pick<Checkpoints, 'put'>;
  readonly deadLetters: Pick<DeadLetterStore, 'park'>;
  /** With the outbox behind it. */
  readonly events: EventLog;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

const CONCURRENCY = 10;

/** Half of the 60 s that consumers have: the longest handling of a run's events fits into the rest. */
const BEGIN_MS = 30_000;

/** @throws what the store of lanes throws: nothing was handled then, and the whole batch comes again. */
export async function consumeBatch(
  ports: ConsumerPorts,
  consumer: Consumer,
  event: KinesisStreamEvent,
): Promise<KinesisStreamBatchResponse> {
  const records = readRecords(event);
  return batchAnswer(records, await consumeRecords(ports, consumer, records));
}

/** As `consumeBatch`, for those who have more to do with the records. */
export async function consumeRecords(
  ports: ConsumerPorts,
  consumer: Consumer,
  records: readonly StreamRecord[],
): Promise<Progress> {
  const runs = eventsByRun(records);
  const open = await openLanes(ports, consumer, runs);
  const work = new BatchWork(ports, consumer, {
    untilMs: ports.system.now() + BEGIN_MS,
    arrivedMs: records.map((record) => record.arrivedMs),
  });
  const limit = consumer.concurrency ?? CONCURRENCY;
  await eachAtMost(limit, undecodable(records), (record) =>
    parkRecord(ports, consumer, work, record),
  );
  await eachAtMost(limit, runs, ({ run, events }) => work.begin(events, open.get(run) ?? null));
  await eachAtMost(limit, work.stuck(), (stuck) => work.settle(stuck));
  const progress = work.progress();
  await keepCheckpoint(ports, consumer.name, records, progress);
  ports.telemetry.log(progress.stoppedAt === null ? 'info' : 'warn', 'consumed', {
    records: records.length,
    ...progress,
  });
  return progress;
}

/** One read for the batch; none for a batch without events. */
const openLanes = async (
  { lanes }: Pick<ConsumerPorts, 'lanes'>,
  { name }: Consumer,
  runs: readonly RunEvents[],
): ReturnType<LaneStore['openOf']> =>
  runs.length === 0
    ? new Map()
    : lanes.openOf({ consumer: name, runs: runs.map(({ run }) => run) });

/** Parks what is no event and cannot become one later; while that fails, its record comes again. */
async function parkRecord(
  { deadLetters, telemetry }: ConsumerPorts,
  { name }: Consumer,
  work: BatchWork,
  { record, cause, at }: UndecodableRecord,
): Promise<void> {
  const { id, arrivedMs, text: body } = record;
  const letter = platformLetter(name, { id, arrivedMs, body }, { code: 'EVENT_INVALID', cause });
  telemetry.log('error', 'an event cannot be read and was parked', {
    deadLetter: letter.id,
    cause,
  });
  try {
    await deadLetters.park(letter);
    work.parked += 1;
  } catch (error) {
    work.stop(at, error);
  }
}

/** Notes how far the consumer is. Without it only its lag is not known as it should be. */
export async function keepCheckpoint(
  { checkpoints, system, telemetry }: Pick<ConsumerPorts, 'checkpoints' | 'system' | 'telemetry'>,
  consumer: PlatformName,
  records: readonly StreamRecord[],
  progress: Progress,
): Promise<void> {
  const last = lastDone(records, progress);
  if (last === null) return;
  const { shard, sequence, arrivedMs } = last;
  const { handled: addHandled, parked: addParked } = progress;
  const place = { consumer, shard, sequence, arrivedMs, atMs: system.now() };
  try {
    await checkpoints.put({ ...place, addHandled, addParked });
  } catch (error) {
    telemetry.log('warn', 'a checkpoint was not kept', { error });
  }
}
