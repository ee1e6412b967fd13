/** What a step is promised holds however long it takes: trouble that lasts, many tries, many generations. */
import { describe, expect, test } from 'vitest';
import { RetryableError } from '#runtime/contracts/errors.ts';
import type { StepLedger, WorkQueue } from '#runtime/ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, NOW, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;

describe('a fence that closes between the decision and the start', () => {
  test('R6: the step ends although its code hears no signal', async () => {
    const world = new DoorWorld();
    const steps: StepLedger = {
      ...world.ledger.steps,
      put: async (write) => {
        const put = await world.ledger.steps.put(write);
        if (write.expectedRev === null) await world.system.sleep(1000);
        return put;
      },
    };
    world.dispatch(taskMessage({ deadlineMs: NOW + 500 }));
    const deaf = testAgent(() => world.system.sleep(600_000));
    await world.run(deaf, { ports: { ...world.ports, steps } });
    expect(world.system.now() - NOW).toBeLessThan(5000);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadlineExceeded' });
  });
});

describe('a worker that lives', () => {
  test('uses up no start, however long the store of payloads is away', async () => {
    const world = new DoorWorld();
    let away = true;
    const payloads = {
      get: world.payloads.get.bind(world.payloads),
      put: async (...write: Parameters<typeof world.payloads.put>) => {
        if (away) throw new Error('SlowDown');
        return world.payloads.put(...write);
      },
    };
    const agent = testAgent(async (ctx) => {
      await ask(ctx);
      return 'x'.repeat(100_000);
    });
    world.dispatch(taskMessage());
    for (let minute = 0; minute < 60; minute += 1) {
      away = minute < 40;
      await world.run(agent, { ports: { ...world.ports, payloads } });
      await world.system.advance(60_000);
    }
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    expect(world.model.prompts).toHaveLength(1);
  });
});

describe('the record', () => {
  test('R4: of a deferral with many events takes the claim of a message that stands in', async () => {
    const world = new DoorWorld();
    const queue: WorkQueue = {
      changeVisibility: (changes) => world.queue.changeVisibility(changes),
      send: async () => {
        throw new Error('ServiceUnavailable');
      },
    };
    world.dispatch(taskMessage());
    const deferred = testAgent(async (ctx) => {
      // They just fit into the record of the deferral.
      for (let i = 0; i < 8; i += 1) await ctx.emit('room.booked', { room: 'x'.repeat(50_260) });
      throw new RetryableError('later', { retryAfterSeconds: 1 });
    });
    await world.run(deferred, { ports: { ...world.ports, queue } });
    expect(world.tasks.answerTo(TOKEN)).toBeNull();
    await world.system.advance(60_000);
    await world.run(testAgent(async () => 'done'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
  });

  test('of an effect that fails again and again takes every further try', async () => {
    const world = new DoorWorld();
    let tries = 0;
    const agent = testAgent(async (ctx) => {
      for (;;) {
        try {
          return await ctx.effect('book', { whenUnknown: 'retry' }, async () => {
            tries += 1;
            if (tries < 500) throw new RetryableError('no room yet');
            return tries;
          });
        } catch (error) {
          if (!(error instanceof RetryableError)) throw error;
          await world.system.sleep(100);
        }
      }
    });
    world.dispatch(taskMessage());
    await world.run(agent);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 500 } });
  });

  test('R1: of a step that fails in generation after generation takes every further one', async () => {
    const world = new DoorWorld();
    await world.control();
    const failing = testAgent(async (ctx) => {
      ctx.partial('…'.repeat(5000));
      throw new RetryableError('\u0001'.repeat(2000));
    });
    const generations = 30;
    for (let gen = 0; gen < generations; gen += 1) {
      await world.control({ gen });
      for (let retry = 0; retry < 4; retry += 1) {
        const message = taskMessage({ attempt: attempt(retry, gen) });
        world.dispatch(message);
        await world.run(failing);
        expect(world.tasks.answerTo(message.taskToken)).toMatchObject({ kind: 'failed' });
      }
    }
    expect(world.outcomes()).toHaveLength(generations * 4);
  });
});

describe('a message of a generation that was followed', () => {
  test('R4: tells what its lost worker has recorded, although somebody has patched its input', async () => {
    const world = new DoorWorld();
    await world.control();
    const life = new Life();
    world.dispatch(taskMessage());
    const dying = world.work(
      testAgent(async (ctx) => {
        await ctx.emit('room.booked', { room: 'first' });
        life.kill();
      }),
      { ports: life.ports(world.ports) },
    );
    await world.system.run(Promise.race([dying, life.died]));
    await world.control({ gen: 1, patches: { answer: { query: 'why not?' } } });
    await world.system.advance(60_000);
    await world.run(testAgent(async () => 'never'));
    expect(world.queue.size).toBe(0);
    expect(world.eventTypes()).toContain('room.booked');
  });
});
