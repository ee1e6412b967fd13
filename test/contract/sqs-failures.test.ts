/**
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

/** Of a queue: what a function sets is far shorter, and what it does not set does not come back. */
const LONG = { VisibilityTimeout: '120' };
const REPORTS = { FunctionResponseTypes: ['ReportBatchItemFailures' as const] };

/** Each message is its text; notes the texts, then runs `then` with `texts`, `Records` and `seen`. */
const worker = (then: string): string => `
import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import { note } from 'contract:journal';
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const hide = ({ receiptHandle }, seconds) => sqs.send(new ChangeMessageVisibilityCommand({
  QueueUrl: process.env.QUEUE_URL, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds,
}));
export const handler = async ({ Records }) => {
  const texts = Records.map(({ body }) => body);
  const seen = await note(texts);
  ${then}
};`;

contractTest(
  'a failing batch of a queue holds up no other message',
  async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(LONG), journal()]);
    const picky = await lambdaFunction(
      worker("if (texts.includes('bad')) throw new Error('bad');"),
      {
        environment: notes.environment,
      },
    );
    await mapping(work.arn, picky, { BatchSize: 1 });
    const noted = async (text: string, count: number): Promise<number> => {
      const began = performance.now();
      await work.send(text);
      await eventually(async () => (await notes.entries()).length === count, text);
      return performance.now() - began;
    };
    const before: number[] = [];
    for (const count of [1, 2, 3]) before.push(await noted('good', count));
    const behind: number[] = [];
    for (const count of [4, 6, 8]) {
      await noted('bad', count);
      await sleep(200);
      behind.push(await noted('good', count + 1));
    }
    // Less than any pause of the mapping; the least of three each, as machines are busy.
    expect(Math.min(...behind) - Math.min(...before)).toBeLessThan(500);
  },
  { alone: true },
);

contractTest(
  'a message whose visibility its function sets to 0 comes back at once',
  async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(LONG), journal()]);
    const releasing = await lambdaFunction(
      worker(`
        if (seen > 3) return { batchItemFailures: [] };
        await hide(Records[0], 0);
        return { batchItemFailures: [{ itemIdentifier: Records[0].messageId }] };`),
      { environment: { ...notes.environment, QUEUE_URL: work.url } },
    );
    await mapping(work.arn, releasing, { BatchSize: 1, ...REPORTS });
    await work.send('letter');
    await eventually(async () => (await notes.entries()).length === 4, 'fourth delivery');
  },
);

contractTest(
  'a message that is reported as failed keeps the visibility that its function has set',
  async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(LONG), journal()]);
    const hiding = await lambdaFunction(
      worker(`
        if (seen > 1) return { batchItemFailures: [] };
        await hide(Records[0], 2);
        return { batchItemFailures: [{ itemIdentifier: Records[0].messageId }] };`),
      { environment: { ...notes.environment, QUEUE_URL: work.url } },
    );
    await mapping(work.arn, hiding, { BatchSize: 1, ...REPORTS });
    await work.send('letter');
    await eventually(async () => (await notes.entries()).length === 2, 'second delivery');
    const [first, second] = await notes.entries();
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(1_950);
  },
);

contractTest(
  'a batch whose function fails keeps the visibility that its function has set',
  async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(LONG), journal()]);
    const throwing = await lambdaFunction(
      worker(`
        if (seen > 1) return;
        await hide(Records[0], 1);
        throw new Error('not now');`),
      { environment: { ...notes.environment, QUEUE_URL: work.url } },
    );
    await mapping(work.arn, throwing, { BatchSize: 1 });
    await work.send('letter');
    await eventually(async () => (await notes.entries()).length === 2, 'second delivery');
  },
);

contractTest(
  'only the messages that a function reports as failed come back',
  async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
    const [work, notes] = await Promise.all([queue(), journal()]);
    const reporting = await lambdaFunction(
      worker(`
        const failed = Records.filter(({ body, attributes }) =>
          body === 'bad' && attributes.ApproximateReceiveCount === '1');
        for (const record of failed) await hide(record, 0);
        return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };`),
      { environment: { ...notes.environment, QUEUE_URL: work.url } },
    );
    for (const text of ['good', 'bad', 'fine']) await work.send(text);
    await mapping(work.arn, reporting, { BatchSize: 10, ...REPORTS });
    await eventually(async () => {
      const seen = (await notes.entries<string[]>()).flatMap(({ entry }) => entry);
      expect(seen.sort()).toEqual(['bad', 'bad', 'fine', 'good']);
    }, 'second delivery of the bad one');
    await eventually(async () => (await work.take(0)).length === 0, 'empty queue');
  },
);

for (const [identifier, failure] of [
  ['an unknown', "{ itemIdentifier: 'nobody' }"],
  ['an empty', "{ itemIdentifier: '' }"],
  ['a misnamed', '{ id: Records[1].messageId }'],
] as const) {
  contractTest(
    `${identifier} identifier of a failure fails the whole batch of a queue`,
    async ({ queue, lambdaFunction, mapping, journal, eventually }) => {
      const [work, notes] = await Promise.all([queue({ VisibilityTimeout: '10' }), journal()]);
      const reporting = await lambdaFunction(
        worker(`
          if (Records[0].attributes.ApproximateReceiveCount !== '1') return;
          for (const record of Records) await hide(record, 1);
          return { batchItemFailures: [${failure}] };`),
        { environment: { ...notes.environment, QUEUE_URL: work.url } },
      );
      for (const text of ['one', 'two']) await work.send(text);
      await mapping(work.arn, reporting, { BatchSize: 10, ...REPORTS });
      await eventually(async () => {
        const seen = (await notes.entries<string[]>()).flatMap(({ entry }) => entry);
        expect(seen.sort()).toEqual(['one', 'one', 'two', 'two']);
      }, 'second delivery of both');
    },
  );
}
