import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda';
import type { StreamRecord } from '../core/consume/records.ts';
import { decodeEvent } from '../core/decode-event.ts';

/** Reads the records that Lambda hands to a consumer of the event stream. */
export const readRecords = ({ Records: records }: KinesisStreamEvent): readonly StreamRecord[] =>
  records.map(readRecord);

function readRecord({ eventID: id, kinesis }: KinesisStreamRecord): StreamRecord {
  const text = Buffer.from(kinesis.data, 'base64').toString('utf8');
  return {
    id,
    shard: id.split(':')[0] ?? '',
    sequence: kinesis.sequenceNumber,
    arrivedMs: Math.round(kinesis.approximateArrivalTimestamp * 1000),
    data: kinesis.data,
    text,
    read: decodeEvent(text),
  };
}
