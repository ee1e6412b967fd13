import type { KinesisStreamEvent, SQSEvent } from 'aws-lambda';

/** What Lambda hands to a consumer of the event stream; a text is put as it is. */
export const kinesisBatch = (records: readonly unknown[]): KinesisStreamEvent => ({
  Records: records.map((record, i) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: 'run',
      sequenceNumber: String(i),
      data: Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)).toString(
        'base64',
      ),
      approximateArrivalTimestamp: 1_767_225_600.123,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `shardId-000000000000:${i}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::123456789012:role/test',
    awsRegion: 'eu-west-1',
    eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/signalbox-test-events',
  })),
});

/** What Lambda hands to a queue's function. */
export const sqsBatch = (bodies: readonly string[]): SQSEvent => ({
  Records: bodies.map((body, i) => ({
    messageId: `message-${i}`,
    receiptHandle: `handle-${i}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '1767225600000',
      SenderId: 'events.amazonaws.com',
      ApproximateFirstReceiveTimestamp: '1767225600100',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:signalbox-test-run-status',
    awsRegion: 'eu-west-1',
  })),
});
