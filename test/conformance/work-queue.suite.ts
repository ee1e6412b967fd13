import { describe, expect, test } from 'vitest';
import type { WorkQueue } from '#runtime/ports.ts';

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
