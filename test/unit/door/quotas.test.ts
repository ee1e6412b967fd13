/** Calls line up for their quotas at the door: in place, or with a copy that takes the place along. */
import { describe, expect, test } from 'vitest';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { MAX_DEFERRALS } from '#runtime/core/defer-step.ts';
import { ordered } from '#runtime/core/quota-limits.ts';
import { MODEL, QuotaWorld, succeeded } from '../../support/quota-door.ts';
import { NOW, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const asking = testAgent((ctx) => ask(ctx), [MODEL]);
/** Places of a line of 0.99 a second are so far apart. */
const SECOND_MS = 1000 / 0.99;

describe('a call whose turn is near', () => {
  test('goes at once through a quiet line, for one write to its bucket', async () => {
    const world = new QuotaWorld(1, 2);
    world.dispatchSteps(1);
    await world.run(asking);
    const uses: string[] = [];
    const quotas = new Proxy(world.quotas, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => {
          uses.push(String(name));
          return method.apply(target, args);
        };
      },
    });
    const ports = { ...world.ports, quotas };
    await world.system.advance(10_000);
    for (const run of ['run-2', 'run-3']) {
      uses.length = 0;
      world.dispatch(taskMessage({ run }));
      await world.run(asking, { ports });
    }
    expect(uses).toEqual(['take']);
    expect(world.askedMs).toEqual([0, 10_000, 10_000]);
    expect(world.eventsOf('signalbox.call.succeeded')[0]?.data).not.toHaveProperty('quotaWaitMs');
  });

  test('waits in place, and tells how long', async () => {
    const world = new QuotaWorld(1);
    world.dispatchSteps(2);
    await world.run(asking);
    expect(world.outcomesOf(2)).toEqual(succeeded(2));
    expect(world.askedMs[1]).toBe(Math.ceil(SECOND_MS));
    expect(world.eventsOf('signalbox.call.succeeded', 'run-2')).toMatchObject([
      { data: { quotaWaitMs: Math.ceil(SECOND_MS), durationMs: 0 } },
    ]);
    expect(world.queue.size).toBe(0);
  });

  test('R10: is not made when its run is stopped while it waits', async () => {
    const world = new QuotaWorld(0.6);
    world.dispatchSteps(2);
    await world.control({}, 'run-2');
    const work = world.work(asking);
    await world.system.advance(300);
    await world.stop('run-2');
    await world.system.run(work);
    expect(world.system.now() - NOW).toBeLessThanOrEqual(1300);
    expect(world.outcomesOf(2)).toEqual([['succeeded'], ['stopped']]);
    expect(world.askedMs).toHaveLength(1);
  });
});

describe('a call whose turn is far', () => {
  test('puts its attempt off, takes its place along and uses it on time', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(3);
    await world.workFor(asking, 14);
    expect(world.outcomesOf(3)).toEqual(succeeded(3));
    expect(await world.bucket()).toMatchObject({ taken: 3 });
    for (const [i, askedMs] of world.askedMs.entries()) {
      const dueMs = i * 5 * SECOND_MS;
      expect(askedMs).toBeGreaterThanOrEqual(dueMs);
      expect(askedMs).toBeLessThanOrEqual(dueMs + 300);
    }
    expect(world.eventsOf('signalbox.step.deferred', 'run-2')).toMatchObject([
      { data: { quota: MODEL, code: 'QUOTA_WAIT', seq: 1 } },
    ]);
    expect(world.eventsOf('signalbox.step.started', 'run-2')).toMatchObject([
      { data: { start: 1, waitMs: 500 } },
      { data: { start: 1 } },
    ]);
  });

  test('is put off again when the line has slowed down meanwhile, on the same place', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(2);
    await world.workFor(asking, 1);
    const before = await world.bucket();
    const limits = { requestsPerSecond: 0.1 };
    const record = ordered(before, limits, { configuration: limits, nowMs: world.system.now() });
    await world.quotas.change({ record, before });
    await world.workFor(asking, 12);
    expect(world.outcomesOf(2)).toEqual(succeeded(2));
    expect(await world.bucket()).toMatchObject({ taken: 2 });
    expect(world.askedMs[1]).toBeGreaterThan(9000);
    expect(world.eventsOf('signalbox.step.deferred', 'run-2').length).toBeGreaterThan(1);
  });

  test('R9: replays what the step has on record, which costs no place', async () => {
    const world = new QuotaWorld(0.2);
    const twice = testAgent(
      async (ctx) => [
        await ctx.model('one', { prompt: '1', maxOutputTokens: 10 }),
        await ctx.model('two', { prompt: '2', maxOutputTokens: 10 }),
      ],
      [MODEL],
    );
    world.dispatchSteps(1);
    await world.workFor(twice, 7);
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
    expect(world.model.prompts).toEqual(['1', '2']);
    expect(await world.bucket()).toMatchObject({ taken: 2 });
  });

  test('is put off even by an agent that catches everything', async () => {
    const world = new QuotaWorld(0.2);
    const stubborn = testAgent((ctx) => ask(ctx).catch(() => 'made up'), [MODEL]);
    world.dispatchSteps(2);
    await world.workFor(stubborn, 7);
    expect(world.askedMs).toHaveLength(2);
    expect(world.outcomes('answer', 'run-2')).toMatchObject([
      { result: { output: { ok: { object: { reply: 'yes' } } } } },
    ]);
  });
});

describe('a call after another one came late', () => {
  test('sets out so much earlier, and waits the rest in place', async () => {
    const world = new QuotaWorld(0.2);
    const { ports } = world;
    const setsOutMs = (run: string): number[] =>
      world
        .eventsOf('signalbox.step.deferred', run)
        .flatMap((event) =>
          event.type === 'signalbox.step.deferred' ? [Date.parse(event.data.dueAt) - NOW] : [],
        );
    world.dispatchSteps(2);
    await world.workFor(asking, 1, ports);
    expect(setsOutMs('run-2')).toEqual([Math.ceil(5 * SECOND_MS) - 500]);
    await world.system.advance(5000);
    await world.workFor(asking, 1, ports);
    const [, second = 0] = world.askedMs;
    const lateMs = second - Math.ceil(5 * SECOND_MS) + 500;
    expect(lateMs).toBeGreaterThan(1000);
    world.dispatch(taskMessage({ run: 'run-3' }));
    await world.workFor(asking, 5, ports);
    expect(setsOutMs('run-3')).toEqual([Math.ceil(10 * SECOND_MS - lateMs)]);
    expect(world.askedMs[2]).toBe(Math.ceil(10 * SECOND_MS));
    expect(await world.bucket()).toMatchObject({ taken: 3 });
  });
});

describe('a call that waits for a turn that is far', () => {
  test('R6: is not made when its run is stopped meanwhile', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(2);
    await world.control({}, 'run-2');
    await world.workFor(asking, 2);
    await world.stop('run-2');
    await world.workFor(asking, 6);
    expect(world.outcomesOf(2)).toEqual([['succeeded'], ['stopped']]);
    expect(world.askedMs).toHaveLength(1);
  });

  test('R6: takes no place when its turn is too late for the deadline, and ends at once', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(2, NOW + 4000);
    await world.run(asking);
    expect(world.outcomes('answer', 'run-2')).toMatchObject([
      { result: { status: 'expired', failure: { code: 'DEADLINE_EXCEEDED' } } },
    ]);
    expect(await world.bucket()).toMatchObject({ taken: 1 });
    expect(world.system.now()).toBe(NOW);
  });
});

describe('calls of one step side by side', () => {
  const manyAt = (prompts: readonly string[]) =>
    testAgent(
      (ctx) =>
        Promise.all(prompts.map((prompt) => ctx.model('ask', { prompt, maxOutputTokens: 10 }))),
      [MODEL],
    );

  test('keep a place each, and are each made once', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(1);
    await world.workFor(manyAt(['1', '2', '3', '4']), 17);
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
    expect([...world.model.prompts].sort()).toEqual(['1', '2', '3', '4']);
    expect(await world.bucket()).toMatchObject({ taken: 4 });
    expect(world.askedMs.at(-1)).toBeLessThan(15 * SECOND_MS + 300);
  });

  test('line up again when their places are more than the record of their step can hold', async () => {
    const quota = `model:${'long-'.repeat(11)}name`;
    const world = new QuotaWorld(1);
    world.limits = { [quota]: { requestsPerSecond: 0.2, burst: 1 } };
    const many = testAgent(
      (ctx) =>
        Promise.all(
          Array.from({ length: 2300 }, (_, i) =>
            ctx.model('ask', { prompt: `${i}`, maxOutputTokens: 10 }),
          ),
        ),
      [quota],
    );
    world.dispatchSteps(1, NOW + 24 * 3_600_000);
    await world.workFor(many, 1);
    expect(world.eventsOf('signalbox.step.deferred')).toMatchObject([{ data: { seq: 1 } }]);
    expect(world.queue.size).toBe(1);
  });

  test('are not given up while one of them is under way', async () => {
    const world = new QuotaWorld(0.2);
    world.beforeReply = (request) => world.system.sleep(request === 1 ? 4000 : 0);
    world.dispatchSteps(1);
    await world.workFor(manyAt(['1', '2']), 8);
    expect(world.model.prompts).toHaveLength(2);
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
    // The second one's turn came within two seconds of the first one's end.
    expect(world.eventsOf('signalbox.step.deferred')).toEqual([]);
  });
});

describe('a provider that refuses a call as one too many', () => {
  const refuse = (retryAfterSeconds?: number) => {
    throw new RetryableError('429', { code: 'MODEL_THROTTLED', retryAfterSeconds });
  };

  test('has it line up again, at a lower rate: no failure', async () => {
    const world = new QuotaWorld(1);
    world.beforeReply = (request) => (request === 1 ? refuse(1) : undefined);
    world.dispatchSteps(1);
    await world.workFor(asking, 3);
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
    expect(world.askedMs).toHaveLength(2);
    expect(world.askedMs[1]).toBeGreaterThanOrEqual(SECOND_MS);
    expect(await world.bucket()).toMatchObject({ taken: 2, throttled: 1 });
    expect(world.eventsOf('signalbox.quota.throttled').map(({ data }) => data)).toEqual([
      { quota: MODEL, call: 'ask', retryAfterSeconds: 1, perSecond: expect.closeTo(0.99 * 0.9) },
    ]);
    expect(world.eventsOf('signalbox.step.deferred')).toEqual([]);
  });

  test('moves the whole line by its Retry-After', async () => {
    const world = new QuotaWorld(1);
    world.beforeReply = (request) => (request === 1 ? refuse(20) : undefined);
    world.dispatchSteps(3);
    await world.workFor(asking, 26);
    expect(world.outcomesOf(3)).toEqual(succeeded(3));
    expect(world.askedMs.slice(1).every((ms) => ms >= 20_000)).toBe(true);
  });

  test('keeps no answer from its record, however slowly the quota hears of it', async () => {
    const world = new QuotaWorld(1);
    world.beforeReply = (request) => (request === 1 ? refuse(1) : undefined);
    const { quotas } = world.ports;
    const slow = {
      read: quotas.read.bind(quotas),
      list: quotas.list.bind(quotas),
      take: quotas.take.bind(quotas),
      change: async (change: Parameters<typeof quotas.change>[0]) => {
        if (change.record.pace > (change.before?.pace ?? 1)) await world.system.sleep(20_000);
        return quotas.change(change);
      },
    };
    world.dispatchSteps(1);
    await world.workFor(asking, 6, { ...world.ports, quotas: slow });
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
  });

  test('and goes on refusing puts the attempt off by itself', async () => {
    const world = new QuotaWorld(100, 100);
    world.beforeReply = () => refuse();
    world.dispatchSteps(1);
    await world.run(asking);
    expect(world.askedMs).toHaveLength(3);
    expect(world.eventsOf('signalbox.step.deferred')).toMatchObject([
      { data: { code: 'MODEL_THROTTLED' } },
    ]);
  });
});

describe('a provider that is away', () => {
  const away = (): never => {
    throw new RetryableError('503', { code: 'MODEL_UNAVAILABLE', retryAfterSeconds: 1 });
  };

  test('is asked by one probe at a time, and by all again when it is back', async () => {
    const world = new QuotaWorld(5, 5);
    world.beforeReply = () => (world.system.now() < NOW + 20_000 ? away() : undefined);
    world.dispatchSteps(10);
    await world.workFor(asking, 60);
    expect(world.outcomesOf(10)).toEqual(succeeded(10));
    const closedMs = world.askedMs[4] ?? 0;
    const probes = world.askedMs.filter((ms) => ms > closedMs + 1000 && ms < 20_000);
    expect(probes.length).toBeGreaterThan(2);
    for (const [i, ms] of probes.slice(1).entries()) {
      expect(ms - (probes[i] ?? 0)).toBeGreaterThanOrEqual(1000);
    }
    expect(world.askedMs.length).toBeLessThan(10 + 5 + 20);
    expect(await world.bucket()).not.toHaveProperty('closed');
  });

  test('costs those that try whether it is back no attempt of their own', async () => {
    const world = new QuotaWorld(5, 5);
    const failing = (): never => {
      throw new RetryableError('503', { code: 'MODEL_UNAVAILABLE' });
    };
    world.beforeReply = () => (world.system.now() < NOW + 60_000 ? failing() : undefined);
    world.dispatchSteps(5);
    await world.run(asking);
    expect((await world.bucket()).closed?.kind).toBe('outage');
    world.dispatch(taskMessage({ run: 'run-6', deadlineMs: NOW + 600_000 }));
    await world.workFor(asking, 80);
    expect(world.outcomes('answer', 'run-6').map(({ result }) => result.status)).toEqual([
      'succeeded',
    ]);
    expect(world.eventsOf('signalbox.call.failed', 'run-6').length).toBeGreaterThan(3);
  });

  test('or paused is waited for, without a failure', async () => {
    const world = new QuotaWorld(5);
    world.dispatchSteps(1);
    await world.run(asking);
    await world.pause(true);
    world.dispatch(taskMessage({ run: 'run-2', deadlineMs: NOW + 3_600_000 }));
    await world.workFor(asking, 60);
    expect(world.outcomes('answer', 'run-2')).toEqual([]);
    await world.pause(false);
    await world.workFor(asking, 15);
    expect(world.outcomesOf(2)).toEqual(succeeded(2));
  });

  test('does not use up the patience for what refuses calls afterwards', async () => {
    const world = new QuotaWorld(100, 100);
    world.dispatchSteps(1);
    await world.run(asking);
    await world.pause(true);
    world.dispatch(taskMessage({ run: 'run-2', deadlineMs: NOW + 3_600_000 }));
    await world.workFor(asking, 900);
    expect(world.eventsOf('signalbox.step.deferred', 'run-2').length).toBeGreaterThan(
      MAX_DEFERRALS,
    );
    world.beforeReply = (request) => {
      if (request <= 4) throw new RetryableError('429', { code: 'MODEL_THROTTLED' });
    };
    await world.pause(false);
    await world.workFor(asking, 20);
    expect(world.outcomesOf(2)).toEqual(succeeded(2));
  });
});
