import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { SqsWorkQueue } from '#runtime/adapters/sqs/work-queue.ts';
import { type FakeAnswer, fakeAws, hastySystem } from '../../support/fake-aws.ts';

interface Entry {
  readonly Id: string;
  readonly ReceiptHandle: string;
  readonly VisibilityTimeout: number;
}
interface Batch {
  readonly Entries: readonly Entry[];
}

function queueThat(answer: (request: Batch) => FakeAnswer) {
  const { options, requests } = fakeAws(answer);
  const queue = new SqsWorkQueue({
    client: new SQSClient({ ...options, useQueueUrlAsEndpoint: false }),
    queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/queue',
    system: hastySystem(),
  });
  return { queue, requests };
}

/** Takes every entry but those that `fault` finds at fault. */
const answering =
  (fault: (entry: Entry) => 'sender' | 'service' | null) =>
  ({ Entries: entries }: Batch): FakeAnswer => ({
    body: {
      Successful: entries.filter((entry) => !fault(entry)).map(({ Id }) => ({ Id })),
      Failed: entries.flatMap((entry) => {
        const whose = fault(entry);
        return whose ? [{ Id: entry.Id, Code: 'X', SenderFault: whose === 'sender' }] : [];
      }),
    },
  });

const changes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ receiptHandle: `h${i}`, seconds: 30 }));

describe('SqsWorkQueue.changeVisibility', () => {
  test('changes ten at a time', async () => {
    const { queue, requests } = queueThat(answering(() => null));
    expect(await queue.changeVisibility(changes(23))).toEqual({ failed: [] });
    expect(requests.map(({ Entries: entries }) => entries.length)).toEqual([10, 10, 3]);
    expect(requests[0]?.Entries[0]).toMatchObject({ ReceiptHandle: 'h0', VisibilityTimeout: 30 });
  });

  test('names the handles that are gone, and does not ask for them again', async () => {
    const isGone = ({ ReceiptHandle: handle }: Entry) => (handle === 'h1' ? 'sender' : null);
    const { queue, requests } = queueThat(answering(isGone));
    expect(await queue.changeVisibility(changes(3))).toEqual({ failed: ['h1'] });
    expect(requests).toHaveLength(1);
  });

  test('asks again for those that the service itself could not change', async () => {
    let calls = 0;
    const { queue, requests } = queueThat((request) => {
      calls += 1;
      return answering(({ ReceiptHandle: handle }) =>
        calls === 1 && handle !== 'h0' ? 'service' : null,
      )(request);
    });
    expect(await queue.changeVisibility(changes(3))).toEqual({ failed: [] });
    expect(requests[1]?.Entries.map((entry) => entry.ReceiptHandle)).toEqual(['h1', 'h2']);
  });

  test('throws when the service cannot change them for long', async () => {
    const { queue, requests } = queueThat(answering(() => 'service'));
    await expect(queue.changeVisibility(changes(1))).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(requests).toHaveLength(4);
  });

  test('throws when the queue is gone', async () => {
    const { queue } = queueThat(() => ({ error: 'QueueDoesNotExist' }));
    await expect(queue.changeVisibility(changes(1))).rejects.toThrow();
  });
});

/** The client checks it. */
const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('SqsWorkQueue.send', () => {
  const message = { body: '{"deferSeq":1}', delaySeconds: 59, group: 'acme' };
  const sending = (answer: () => FakeAnswer) => {
    const { options, requests } = fakeAws<object>(answer);
    const queue = new SqsWorkQueue({
      client: new SQSClient({ ...options, maxAttempts: 1, useQueueUrlAsEndpoint: false }),
      queueUrl: 'https://sqs.us-east-1.amazonaws.com/1/queue',
      system: hastySystem(),
    });
    return { queue, requests };
  };

  test('sends body, delay and group', async () => {
    const { queue, requests } = sending(() => ({ body: { MD5OfMessageBody: md5(message.body) } }));
    await queue.send(message);
    expect(requests).toMatchObject([
      { MessageBody: message.body, DelaySeconds: 59, MessageGroupId: 'acme' },
    ]);
  });

  test('sends again while the queue is busy, and throws when it stays so', async () => {
    const { queue, requests } = sending(() => ({ error: 'RequestThrottled' }));
    await expect(queue.send(message)).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(requests).toHaveLength(4);
  });

  test('throws when the queue is gone', async () => {
    const { queue } = sending(() => ({ error: 'QueueDoesNotExist' }));
    await expect(queue.send(message)).rejects.toThrow();
  });
});
