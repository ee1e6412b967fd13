import { describe, expect, test } from 'vitest';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { queued } from '../../support/steps.ts';

describe('VirtualSystem', () => {
  test('gives equal ids and times for equal seeds, other ids for another', () => {
    const [a, b] = [new VirtualSystem({ seed: 's' }), new VirtualSystem({ seed: 's' })];
    const c = new VirtualSystem({ seed: 't' });
    expect([a.randomId(), a.randomId(), a.now()]).toEqual([b.randomId(), b.randomId(), b.now()]);
    expect(c.randomId()).not.toBe(new VirtualSystem({ seed: 's' }).randomId());
  });

  test('advance wakes sleepers in the order in which they are due, at their time', async () => {
    const system = new VirtualSystem({ startMs: 0 });
    const woken: string[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await system.sleep(ms);
      woken.push(`${name} at ${system.now()}`);
      if (name === 'b') await sleep('c', 5);
    };
    void sleep('a', 30);
    void sleep('b', 10);
    await system.advance(20);
    expect(woken).toEqual(['b at 10', 'c at 15']);
    expect(system.now()).toBe(20);
    await system.advance(10);
    expect(woken).toEqual(['b at 10', 'c at 15', 'a at 30']);
  });

  test('run lets as much time pass as the work needs', async () => {
    const system = new VirtualSystem({ startMs: 0 });
    const work = async (): Promise<string> => {
      await system.sleep(60_000);
      await Promise.all([system.sleep(1000), system.sleep(3_600_000)]);
      return 'done';
    };
    expect(await system.run(work())).toBe('done');
    expect(system.now()).toBe(3_660_000);
  });

  test('run hands on what the work throws', async () => {
    const system = new VirtualSystem();
    const work = async (): Promise<never> => {
      await system.sleep(10);
      throw new RangeError('no');
    };
    await expect(system.run(work())).rejects.toThrow('no');
  });

  test('run tells of work that waits for nothing', async () => {
    const never = Promise.withResolvers<void>();
    const run = new VirtualSystem().run(never.promise);
    await expect(run).rejects.toMatchObject({ code: 'DEADLOCK' });
  });
});

describe('MemoryWorkQueue', () => {
  const make = (maxReceiveCount: number) => {
    const system = new VirtualSystem();
    return {
      system,
      queue: new MemoryWorkQueue(system, { visibilitySeconds: 30, maxReceiveCount }),
    };
  };

  test('hands a message out again after its visibility, counting receives, until it is dead', async () => {
    const { system, queue } = make(2);
    await queue.send(queued('poison'));
    expect(queue.receive().map(({ receiveCount }) => receiveCount)).toEqual([1]);
    expect(queue.receive()).toEqual([]);
    await system.advance(30_000);
    expect(queue.receive().map(({ receiveCount }) => receiveCount)).toEqual([2]);
    await system.advance(30_000);
    expect(queue.receive()).toEqual([]);
    expect(queue.deadLetters).toEqual(['poison']);
    expect(queue.size).toBe(0);
  });

  test('does nothing with the handle of an earlier receive', async () => {
    const { system, queue } = make(12);
    await queue.send(queued('a'));
    const [first] = queue.receive();
    await system.advance(30_000);
    const [second] = queue.receive();
    queue.delete(first?.receiptHandle ?? '');
    expect(queue.size).toBe(1);
    const change = { receiptHandle: first?.receiptHandle ?? '', seconds: 0 };
    expect(await queue.changeVisibility([change])).toEqual({ failed: [change.receiptHandle] });
    queue.delete(second?.receiptHandle ?? '');
    expect(queue.size).toBe(0);
  });

  test('refuses the visibility that SQS refuses', async () => {
    const { queue } = make(12);
    await queue.send(queued('a'));
    const [{ receiptHandle } = { receiptHandle: '' }] = queue.receive();
    for (const seconds of [-1, 0.5, 43_201]) {
      const changed = await queue.changeVisibility([{ receiptHandle, seconds }]);
      expect(changed.failed).toEqual([receiptHandle]);
    }
  });

  test('hands out ten at most, and refuses a body of more than 1 MiB', async () => {
    const { queue } = make(12);
    for (let i = 0; i < 12; i += 1) await queue.send(queued(String(i)));
    expect(queue.receive(99)).toHaveLength(10);
    await expect(queue.send(queued('x'.repeat(1024 * 1024 + 1)))).rejects.toThrow(/1048577 bytes/);
  });
});
