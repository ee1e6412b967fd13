import { describe, expect, test } from 'vitest';
import type { QueueMessage, WorkQueue } from '#runtime/ports.ts';

export interface QueueSubject {
  readonly queue: WorkQueue;
  readonly send: (body: string) => Promise<void>;
  /** Up to ten visible messages. A message that is received stays hidden for 30 s. */
  readonly receive: () => Promise<readonly { receiptHandle: string; body: string }[]>;
  readonly remove: (receiptHandle: string) => Promise<void>;
  /** Lets time pass. */
  readonly pass: (seconds: number) => Promise<void>;
}

/** What every WorkQueue does. Each test leaves the queue empty. */
export function testWorkQueue(subject: () => QueueSubject): void {
  const sendAndReceive = async (count: number): Promise<readonly string[]> => {
    for (let i = 0; i < count; i += 1) await subject().send(`message ${i}`);
    const handles: string[] = [];
    while (handles.length < count) {
      const received = await subject().receive();
      handles.push(...received.map(({ receiptHandle }) => receiptHandle));
    }
    return handles;
  };
  const removeAll = (handles: readonly string[]) => Promise.all(handles.map(subject().remove));

  describe('changeVisibility', () => {
    test('makes a message visible at once with 0 seconds', async () => {
      const [receiptHandle = ''] = await sendAndReceive(1);
      expect(await subject().receive()).toEqual([]);
      const changed = await subject().queue.changeVisibility([{ receiptHandle, seconds: 0 }]);
      expect(changed).toEqual({ failed: [] });
      const again = await subject().receive();
      expect(again.map(({ body }) => body)).toEqual(['message 0']);
      await removeAll(again.map((message) => message.receiptHandle));
    });

    test('brings a message back after the seconds asked for, not before', async () => {
      const [receiptHandle = ''] = await sendAndReceive(1);
      await subject().queue.changeVisibility([{ receiptHandle, seconds: 2 }]);
      expect(await subject().receive()).toEqual([]);
      await subject().pass(2.5);
      const again = await subject().receive();
      expect(again.map(({ body }) => body)).toEqual(['message 0']);
      await removeAll(again.map((message) => message.receiptHandle));
    });

    test('hides a message for longer', async () => {
      const [receiptHandle = ''] = await sendAndReceive(1);
      await subject().queue.changeVisibility([{ receiptHandle, seconds: 1 }]);
      await subject().queue.changeVisibility([{ receiptHandle, seconds: 20 }]);
      await subject().pass(1.5);
      expect(await subject().receive()).toEqual([]);
      await removeAll([receiptHandle]);
    });

    test('changes more messages than one batch of the queue holds', async () => {
      const handles = await sendAndReceive(23);
      const changed = await subject().queue.changeVisibility(
        handles.map((receiptHandle) => ({ receiptHandle, seconds: 0 })),
      );
      expect(changed).toEqual({ failed: [] });
      const again = new Set<string>();
      for (let polls = 0; again.size < 23 && polls < 10; polls += 1) {
        const received = await subject().receive();
        for (const { body } of received) again.add(body);
        await removeAll(received.map((message) => message.receiptHandle));
      }
      expect(again.size).toBe(23);
    });

    test('names the handles that failed and changes the others', async () => {
      const [gone = '', held = ''] = await sendAndReceive(2);
      await removeAll([gone]);
      const { failed } = await subject().queue.changeVisibility([
        { receiptHandle: gone, seconds: 10 },
        { receiptHandle: held, seconds: 0 },
      ]);
      expect(failed).toEqual([gone]);
      const again = await subject().receive();
      expect(again).toHaveLength(1);
      await removeAll(again.map((message) => message.receiptHandle));
    });

    test('resolves for nothing', async () => {
      expect(await subject().queue.changeVisibility([])).toEqual({ failed: [] });
    });
  });
}

/** A queue that is sent to, and its other side. */
type SendingSubject = Pick<QueueSubject, 'receive' | 'remove' | 'pass'> & {
  readonly queue: Pick<WorkQueue, 'send'>;
};

/** What every queue does with what it is sent. */
export function testSending(subject: () => SendingSubject): void {
  const removeAll = (handles: readonly string[]) => Promise.all(handles.map(subject().remove));

  describe('send', () => {
    const message = (parts: Partial<QueueMessage> = {}): QueueMessage => ({
      body: '{"deferSeq":1}',
      delaySeconds: 0,
      group: 'default',
      ...parts,
    });

    test('puts a message into the queue, as it is', async () => {
      const body = '{"text":"Grüße, 日本, \\u0000"}';
      await subject().queue.send(message({ body }));
      const received = await subject().receive();
      expect(received.map((got) => got.body)).toEqual([body]);
      await removeAll(received.map(({ receiptHandle }) => receiptHandle));
    });

    test.each([
      ['of exactly 1 MiB', { body: 'x'.repeat(1024 * 1024) }],
      ['with tabs and line ends', { body: '{\t"a":\r\n1}' }],
      ['of a group with every kind of character', { group: 'tenant-1_a.b:c/d' }],
    ])('takes a message %s', async (_what, parts) => {
      await subject().queue.send(message(parts));
      const received = await subject().receive();
      expect(received.map((got) => got.body)).toEqual([message(parts).body]);
      await removeAll(received.map(({ receiptHandle }) => receiptHandle));
    });

    test('holds a message back for its delay, and no longer', async () => {
      await subject().queue.send(message({ delaySeconds: 2 }));
      expect(await subject().receive()).toEqual([]);
      await subject().pass(2.5);
      const received = await subject().receive();
      expect(received).toHaveLength(1);
      await removeAll(received.map(({ receiptHandle }) => receiptHandle));
    });

    test('makes two messages of one that is sent twice', async () => {
      await subject().queue.send(message());
      await subject().queue.send(message());
      const handles: string[] = [];
      for (let polls = 0; handles.length < 2 && polls < 5; polls += 1) {
        handles.push(...(await subject().receive()).map(({ receiptHandle }) => receiptHandle));
      }
      expect(handles).toHaveLength(2);
      await removeAll(handles);
    });

    test.each([
      ['an empty body', { body: '' }],
      ['a body of more than 1 MiB', { body: 'x'.repeat(1024 * 1024 + 1) }],
      ['a delay of more than 15 minutes', { delaySeconds: 901 }],
      ['a negative delay', { delaySeconds: -1 }],
      ['a fraction of a second', { delaySeconds: 0.5 }],
      ['a message without a group', { group: '' }],
      ['a group with a blank', { group: 'a b' }],
      ['a group of 129 characters', { group: 'g'.repeat(129) }],
      ['a control character', { body: 'a\u0001b' }],
      ['a character that is none', { body: '"\uffff"' }],
      ['half of a surrogate pair', { body: 'a\ud800b' }],
    ])('refuses %s', async (_what, parts) => {
      await expect(subject().queue.send(message(parts))).rejects.toThrow(/allowed: /);
      expect(await subject().receive()).toEqual([]);
    });
  });
}
