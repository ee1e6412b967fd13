/**
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html (MaximumRecordAgeInSeconds)
 * A minute is the least that it may be; the file is apart for not holding up others.
 */
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  "records that are older than a mapping's limit are given up, and younger ones are not",
  async ({ stream, queue, lambdaFunction, mapping, journal, eventually }) => {
    const [events, failures, notes] = await Promise.all([stream(), queue(), journal()]);
    const picky = await lambdaFunction(
      `import { note } from 'contract:journal';
       export const handler = async ({ Records }) => {
         const texts = Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
         await note(texts);
         if (texts.includes('bad')) throw new Error('bad');
       };`,
      { environment: notes.environment },
    );
    const sequenceNumber = await events.put('a', 'bad');
    await mapping(events.arn, picky, {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 1,
      MaximumRecordAgeInSeconds: 60,
      DestinationConfig: { OnFailure: { Destination: failures.arn } },
    });
    await eventually(async () => (await notes.entries()).length > 0, 'first try');
    const [message] = await eventually(
      async () => {
        const messages = await failures.take(5);
        return messages.length > 0 && messages;
      },
      'record of the failure',
      80_000,
    );
    expect(JSON.parse(message?.Body ?? '')).toMatchObject({
      requestContext: { condition: 'RecordAgeExceeded' },
      KinesisBatchInfo: { startSequenceNumber: sequenceNumber, batchSize: 1 },
    });
    await events.put('a', 'good');
    await eventually(async () => {
      expect((await notes.entries()).at(-1)?.entry).toEqual(['good']);
    }, 'younger record');
  },
  { timeoutMs: 100_000 },
);
