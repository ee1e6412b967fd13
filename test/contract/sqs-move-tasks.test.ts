/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html */
import { ReceiveMessageCommand, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  'the messages of a dead-letter queue are moved back to where they came from',
  async ({ clients, queue, eventually }) => {
    const dead = await queue();
    const work = await queue({
      VisibilityTimeout: '0',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
    });
    const receive = async () =>
      (await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: work.url }))).Messages?.length;
    await work.send('letter');
    await eventually(async () => (await receive()) === 1, 'message');
    await eventually(async () => (await receive()) === undefined, 'end of its receives');
    await clients.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn }));
    await eventually(async () => {
      expect((await work.take()).map(({ Body: body }) => body)).toEqual(['letter']);
    }, 'message back in its queue');
  },
);
