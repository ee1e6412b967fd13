import type { KinesisStreamEvent, SQSEvent } from 'aws-lambda';

/** A batch of one of a function's sources; it holds records of one source only. */
export type Batch = KinesisStreamEvent | SQSEvent;

export const isOfStream = (event: Batch): event is KinesisStreamEvent =>
  event.Records.some((record) => 'kinesis' in record);

/** @param queueUrl ends with the queue's name, as its ARN does */
export const isOfQueue = (event: SQSEvent, queueUrl: string): boolean => {
  const name = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
  return event.Records.every(({ eventSourceARN }) => eventSourceARN.endsWith(`:${name}`));
};
