/** https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  'an SQS mapping hands a message to its function and deletes it',
  async ({ clients, queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(), journal()]);
    const worker = await lambdaFunction(
      `import { note } from 'contract:journal';
       export const handler = async ({ Records }) => { await note(Records.map(({ body }) => body)); };`,
      { environment: notes.environment },
    );
    await mapping(work.arn, worker, { BatchSize: 1 });
    await work.send('letter');
    await eventually(async () => {
      expect((await notes.entries()).map(({ entry }) => entry)).toEqual([['letter']]);
    }, 'invocation');
    await eventually(async () => {
      const { Attributes: counts } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl: work.url, AttributeNames: ['All'] }),
      );
      expect(counts).toMatchObject({
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '0',
      });
    }, 'empty queue');
  },
);
