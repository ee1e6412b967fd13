import { expect, test } from 'vitest';
import type { QueueDepth, QueueDepths, WorkQueue } from '#runtime/ports.ts';
import { queued } from '../support/steps.ts';

/** Queues of two agents, and the depths of both. */
export interface DepthsSubject {
  readonly depths: QueueDepths;
  readonly agents: readonly [string, string];
  readonly queue: (agent: string) => Pick<WorkQueue, 'send'>;
  /** Receives so many messages and keeps them. */
  receive(agent: string, count: number): Promise<void>;
}

/** What all QueueDepths do. Counts are approximate: they are right once nothing moves. */
export function testQueueDepths(subject: () => DepthsSubject): void {
  const eventually = (
    agents: readonly string[],
    expected: readonly (QueueDepth | null)[],
  ): Promise<void> => expect.poll(() => subject().depths.read(agents)).toEqual(expected);

  test('tells ready, received and delayed messages apart, in the order asked', async () => {
    const [busy, idle] = subject().agents;
    const queue = subject().queue(busy);
    for (const body of ['a', 'b', 'c']) await queue.send(queued(body));
    await queue.send(queued('later', 600));
    const nothing = { visible: 0, inFlight: 0, delayed: 0 };
    await eventually([idle, busy], [nothing, { visible: 3, inFlight: 0, delayed: 1 }]);
    await subject().receive(busy, 2);
    await eventually([busy, idle], [{ visible: 1, inFlight: 2, delayed: 1 }, nothing]);
  });

  test('answers null for a queue that is not there, and the others all the same', async () => {
    const [, idle] = subject().agents;
    await eventually(['nobody', idle], [null, { visible: 0, inFlight: 0, delayed: 0 }]);
    await eventually([], []);
  });
}
