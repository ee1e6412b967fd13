/**
 * The projector: event stream → read model.
 *
 * Boundary: a batch of Kinesis records in, projections and dead letters out.
 * Invariants
 * P1. Either the whole batch is applied or the whole batch fails: the stock local cloud takes a partial
 *     answer for a success, and applying twice changes nothing (R11).
 * P2. A record that cannot be an event now, or that the read model can never hold, cannot become one
 *     later: it is parked, and the others go on (R8). A read model or a store that is away is no such
 *     thing: the batch fails and comes again.
 */
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { DeadLetter } from '../contracts/ledger.ts';
import { PLATFORM_NAMES } from '../contracts/names.ts';
import { decodeEvent } from '../core/decode-event.ts';
import { platformLetter } from '../core/platform-letter.ts';
import { projectionsOf } from '../core/project.ts';
import type { DeadLetterStore, ReadModelWriter } from '../ports.ts';
import type { Telemetry } from './telemetry.ts';

export interface ProjectorPorts {
  readonly readModel: ReadModelWriter;
  readonly deadLetters: Pick<DeadLetterStore, 'park'>;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** @throws whatever the read model or the store of dead letters throws: the batch comes again. */
export async function projectEvents(
  ports: ProjectorPorts,
  { Records: records }: KinesisStreamEvent,
): Promise<void> {
  const decoded = records.map((record) => ({ record, ...decodeEvent(textOf(record)) }));
  const projections = decoded.flatMap((one) =>
    one.kind === 'event' ? projectionsOf(one.event) : [],
  );
  const letters = decoded.flatMap((one) =>
    one.kind === 'undecodable' ? [letterOf(one.record, one.cause)] : [],
  );
  await ports.readModel.apply(projections);
  for (const letter of letters) {
    ports.telemetry.log('error', 'an event cannot be read and was parked', {
      deadLetter: letter.id,
      cause: letter.cause,
    });
    await ports.deadLetters.park(letter);
  }
  ports.telemetry.log('info', 'projected', { records: records.length, parked: letters.length });
}

const textOf = ({ kinesis }: KinesisStreamRecord): string =>
  Buffer.from(kinesis.data, 'base64').toString('utf8');

const letterOf = (record: KinesisStreamRecord, cause: string): DeadLetter =>
  platformLetter(
    PLATFORM_NAMES.projectEvents,
    {
      id: record.eventID,
      arrivedMs: record.kinesis.approximateArrivalTimestamp * 1000,
      body: textOf(record),
    },
    { code: 'EVENT_INVALID', cause },
  );
