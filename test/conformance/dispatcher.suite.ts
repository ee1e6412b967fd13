import { expect, test } from 'vitest';
import type { Dispatcher } from '#runtime/ports.ts';
import { queued } from '../support/steps.ts';
import { type QueueSubject, testSending } from './work-queue.suite.ts';

/** Queues of two agents, and the other side of both. */
export interface DispatcherSubject {
  readonly dispatcher: Dispatcher;
  readonly agents: readonly [string, string];
  readonly receive: (agent: string) => ReturnType<QueueSubject['receive']>;
  readonly remove: (agent: string, receiptHandle: string) => Promise<void>;
  readonly pass: QueueSubject['pass'];
}

/** What every Dispatcher does: what a queue does with what it is sent, for the queue of any agent. */
export function testDispatcher(subject: () => DispatcherSubject): void {
  testSending(() => {
    const { dispatcher, agents, receive, remove, pass } = subject();
    const [agent] = agents;
    return {
      queue: { send: (message) => dispatcher.send({ agent, ...message }) },
      receive: () => receive(agent),
      remove: (receiptHandle) => remove(agent, receiptHandle),
      pass,
    };
  });

  test('puts a message into the queue of the agent that it names, and into no other', async () => {
    const { dispatcher, agents, receive, remove } = subject();
    const [one, other] = agents;
    await dispatcher.send({ agent: other, ...queued('for the other') });
    expect(await receive(one)).toEqual([]);
    const received = await receive(other);
    expect(received.map(({ body }) => body)).toEqual(['for the other']);
    for (const { receiptHandle } of received) await remove(other, receiptHandle);
  });

  test('refuses a message for an agent that has no queue', async () => {
    await expect(
      subject().dispatcher.send({ agent: 'nobody', ...queued('for nobody') }),
    ).rejects.toThrow();
  });
}
