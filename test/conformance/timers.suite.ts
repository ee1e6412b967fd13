import { expect, test } from 'vitest';
import type { Timers } from '#runtime/ports.ts';
import type { QueueSubject } from './work-queue.suite.ts';

/** A queue of timers and its other side. */
export interface TimersSubject extends Pick<QueueSubject, 'receive' | 'remove' | 'pass'> {
  readonly timers: Timers;
  readonly now: () => number;
  /** Lets as much time pass as a queue holds anything back; absent where time is real. */
  readonly passLongest?: () => Promise<void>;
}

/** What every Timers does. Each test leaves the queue empty. */
export function testTimers(subject: () => TimersSubject): void {
  const take = async (): Promise<readonly string[]> => {
    const received = await subject().receive();
    await Promise.all(received.map(({ receiptHandle }) => subject().remove(receiptHandle)));
    return received.map(({ body }) => body);
  };

  test('brings a timer that is due, or overdue, at once', async () => {
    const { timers, now } = subject();
    await timers.put({ body: '{"run":"a"}', dueAtMs: now() });
    await timers.put({ body: '{"run":"b"}', dueAtMs: now() - 3_600_000 });
    const bodies: string[] = [];
    for (let polls = 0; bodies.length < 2 && polls < 10; polls += 1) bodies.push(...(await take()));
    expect(bodies.sort()).toEqual(['{"run":"a"}', '{"run":"b"}']);
  });

  test('brings a timer after its time, never before, and within a second of it', async () => {
    const { timers, now, pass } = subject();
    const dueAtMs = now() + 1500;
    await timers.put({ body: '{"run":"c"}', dueAtMs });
    const bodies = [...(await take())];
    // As many looks as fit into the time and a second more; a machine may be late with each of them.
    for (let looks = 0; bodies.length === 0 && looks < 10; looks += 1) {
      await pass(0.25);
      bodies.push(...(await take()));
    }
    expect(bodies).toEqual(['{"run":"c"}']);
    expect(now()).toBeGreaterThanOrEqual(dueAtMs);
  });

  test('takes a timer that is further ahead than the queue holds anything back', async () => {
    const { timers, now, passLongest } = subject();
    const dueAtMs = now() + 365 * 24 * 3_600_000;
    if (passLongest) {
      await timers.put({ body: '{"run":"d"}', dueAtMs });
      expect(await take()).toEqual([]);
      await passLongest();
      expect(await take()).toEqual(['{"run":"d"}']);
    } else {
      await expect(timers.put({ body: '{"run":"d"}', dueAtMs })).resolves.toBeUndefined();
      expect(await take()).toEqual([]);
    }
  });

  test('refuses a timer without a body', async () => {
    const { timers, now } = subject();
    await expect(timers.put({ body: '', dueAtMs: now() })).rejects.toThrow(/allowed: /);
  });
}
