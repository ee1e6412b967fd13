/**
 * The projector: event stream → read model.
 *
 * Boundary: a batch of Kinesis records in; projections, dead letters and a sample of the stages out.
 * Invariants
 * P1. Either the whole batch is applied or the whole batch fails: the stock local cloud takes a partial
 *     answer for a success, and applying twice changes nothing (R11).
 * P2. A record that cannot be an event now, or that the read model can never hold, cannot become one
 *     later: it is parked, and the others go on (R8). A read model or a store that is away is no such
 *     thing: the batch fails and comes again.
 * P3. The sample comes last, when the batch will not come again, and a meter that is away fails nothing:
 *     figures of half a minute are not worth an event that is late.
 */
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { SignalboxEvent } from '../contracts/event.ts';
import type { DeadLetter } from '../contracts/ledger.ts';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { decodeEvent } from '../core/decode-event.ts';
import { platformLetter } from '../core/platform-letter.ts';
import { projectionsOf } from '../core/project.ts';
import { sampleOf } from '../core/stage-meter.ts';
import type { DeadLetterStore, ReadModelWriter, StageMeter, System } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

export interface ProjectorPorts {
  readonly readModel: ReadModelWriter;
  readonly deadLetters: Pick<DeadLetterStore, 'park'>;
  readonly meter: Pick<StageMeter, 'add'>;
  readonly system: Pick<System, 'now'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** @throws whatever the read model or the store of dead letters throws: the batch comes again. */
export async function projectEvents(
  ports: ProjectorPorts,
  { Records: records }: KinesisStreamEvent,
): Promise<void> {
  const readMs = ports.system.now();
  const decoded = records.map((record) => ({ record, ...decodeEvent(textOf(record)) }));
  const events = decoded.flatMap((one) => (one.kind === 'event' ? [one.event] : []));
  const letters = decoded.flatMap((one) =>
    one.kind === 'undecodable' ? [letterOf(one.record, one.cause)] : [],
  );
  await ports.readModel.apply(events.flatMap(projectionsOf));
  for (const letter of letters) {
    ports.telemetry.log('error', 'an event cannot be read and was parked', {
      deadLetter: letter.id,
      cause: letter.cause,
    });
    await ports.deadLetters.park(letter);
  }
  await meter(ports, { atMs: readMs, records, events });
  ports.telemetry.log('info', 'projected', { records: records.length, parked: letters.length });
}

/** Keeps a sample of the batch, or leaves it (P3). */
async function meter(
  ports: ProjectorPorts,
  batch: {
    readonly atMs: number;
    readonly records: readonly KinesisStreamRecord[];
    readonly events: readonly SignalboxEvent[];
  },
): Promise<void> {
  const { atMs, records, events } = batch;
  const [first] = records;
  if (!first) return;
  const sample = sampleOf({
    id: first.eventID,
    consumer: PLATFORM_NAMES.projectEvents,
    atMs,
    oldestMs: Math.min(...records.map(arrivedMs)),
    events,
  });
  await ports.meter.add(sample).catch((error: unknown) => {
    ports.telemetry.log('warn', 'a sample of the stages was not kept', { error });
  });
}

const arrivedMs = ({ kinesis }: KinesisStreamRecord): number =>
  kinesis.approximateArrivalTimestamp * 1000;

const textOf = ({ kinesis }: KinesisStreamRecord): string =>
  Buffer.from(kinesis.data, 'base64').toString('utf8');

const letterOf = (record: KinesisStreamRecord, cause: string): DeadLetter =>
  platformLetter(
    PLATFORM_NAMES.projectEvents,
    {
      id: record.eventID,
      arrivedMs: arrivedMs(record),
      body: textOf(record),
    },
    { code: 'EVENT_INVALID', cause },
  );
