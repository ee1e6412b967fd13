/**
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 */
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

/** Notes the texts of a batch and throws when one of them is "bad". */
const PICKY = `
import { note } from 'contract:journal';
export const handler = async ({ Records }) => {
  const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
  await note(texts);
  if (texts.includes('bad')) throw new Error('bad');
};`;

contractTest(
  'a failing batch of a stream is tried again as often as its mapping says, ever later, then given up',
  async ({ stream, lambdaFunction, mapping, journal, eventually }) => {
    const [events, notes] = await Promise.all([stream(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    for (const text of ['bad', 'good']) await events.put('a', text);
    await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1,
      MaximumRetryAttempts: 3,
    });
    await eventually(async () => {
      const entries = await notes.entries();
      expect(entries.map(({ entry }) => entry)).toEqual([
        ['bad'],
        ['bad'],
        ['bad'],
        ['bad'],
        ['good'],
      ]);
    }, 'record behind the bad one');
    const [first = 0, second = 0, third = 0, fourth = 0] = (await notes.entries()).map(
      ({ atMs }) => atMs,
    );
    expect(second - first).toBeGreaterThan(100);
    expect(fourth - third).toBeGreaterThan(second - first);
  },
);

contractTest(
  'a failing batch is halved until the record that fails is alone, without using up retries',
  async ({ stream, queue, lambdaFunction, mapping, journal, eventually }) => {
    const [events, failures, notes] = await Promise.all([stream(), queue(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    const texts = ['1', '2', '3', 'bad', '5', '6', '7', '8'];
    for (const text of texts) await events.put('a', text);
    await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: texts.length,
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: failures.arn } },
    });
    await eventually(async () => {
      const batches = (await notes.entries<string[]>()).map(({ entry }) => entry);
      const done = batches.filter((batch) => !batch.includes('bad')).flat();
      expect(done).toEqual(texts.filter((text) => text !== 'bad'));
      expect(batches.filter((batch) => batch.join() === 'bad')).toHaveLength(2);
    }, 'all records but the bad one');
    const [message] = await eventually(async () => {
      const messages = await failures.take();
      return messages.length > 0 && messages;
    }, 'record of the failure');
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      requestContext: { condition: 'RetryAttemptsExhausted', approximateInvokeCount: 2 },
      KinesisBatchInfo: { batchSize: 1 },
    });
  },
);

contractTest(
  'a queue hears of a batch that was given up, without its records',
  async ({ stream, queue, lambdaFunction, mapping, journal, eventually }) => {
    const [events, failures, notes] = await Promise.all([stream(), queue(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    const first = await events.put('a', 'good');
    const last = await events.put('b', 'bad');
    await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: failures.arn } },
    });
    const [message] = await eventually(async () => {
      const messages = await failures.take();
      return messages.length > 0 && messages;
    }, 'record of the failure');
    expect(JSON.parse(message?.Body ?? '')).toEqual({
      ...invocationRecord(picky.arn),
      KinesisBatchInfo: {
        shardId: 'shardId-000000000000',
        startSequenceNumber: first,
        endSequenceNumber: last,
        approximateArrivalOfFirstRecord: MOMENT,
        approximateArrivalOfLastRecord: MOMENT,
        batchSize: 2,
        streamArn: events.arn,
      },
    });
  },
);

contractTest(
  'a bucket receives a batch that was given up, with its records',
  async ({ clients, stream, bucket, lambdaFunction, mapping, journal, eventually }) => {
    const [events, failures, notes] = await Promise.all([stream(), bucket(), journal()]);
    const picky = await lambdaFunction(PICKY, { environment: notes.environment });
    const sequenceNumber = await events.put('a', 'bad');
    const id = await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnFailure: { Destination: failures.arn } },
    });
    const [key = ''] = await eventually(async () => {
      const keys = await failures.keys();
      return keys.length > 0 && keys;
    }, 'record of the failure');
    expect(key).toMatch(
      new RegExp(
        `^aws/lambda/${id}/shardId-000000000000/\\d{4}/\\d\\d/\\d\\d/\\d{4}-\\d\\d-\\d\\dT\\d\\d\\.\\d\\d\\.\\d\\d-[-\\da-f]{36}$`,
      ),
    );
    const { Body: body } = await clients.s3.send(
      new GetObjectCommand({ Bucket: failures.name, Key: key }),
    );
    const { payload, ...record } = JSON.parse((await body?.transformToString()) ?? '');
    expect(record).toMatchObject({
      ...invocationRecord(picky.arn),
      KinesisBatchInfo: { startSequenceNumber: sequenceNumber, batchSize: 1 },
    });
    expect(JSON.parse(payload)).toMatchObject({
      Records: [
        {
          eventSource: 'aws:kinesis',
          eventID: `shardId-000000000000:${sequenceNumber}`,
          kinesis: { partitionKey: 'a', data: Buffer.from('bad').toString('base64') },
        },
      ],
    });
  },
);

const MOMENT = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

const invocationRecord = (functionArn: string) => ({
  requestContext: {
    requestId: expect.stringMatching(/^[-\da-f]{36}$/),
    functionArn,
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 2,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
  timestamp: MOMENT,
});
