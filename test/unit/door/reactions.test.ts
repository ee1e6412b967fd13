/** A step that nobody waits for: a reaction to an event. */
import { beforeEach, describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import { DeadLetterQueue } from '../../support/dead-letter-queue.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { attempt, NOW, reactionMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

let world: DoorWorld;
beforeEach(() => {
  world = new DoorWorld();
});

const fails = testAgent(() => Promise.reject(new RetryableError('not now')));
const works = testAgent(async () => 'done');

/** Longer than the policy's longest wait. */
const LATER_MS = 61_000;

/** Receives and puts back: what stands in the agent's queue. */
function waiting(): readonly TaskMessage[] {
  return world.queue.receive().map(({ body }) => JSON.parse(body));
}

const ends = () => world.eventTypes().filter((type) => type.startsWith('signalbox.step.'));

describe('a reaction that fails', () => {
  test('is tried again from its own queue, as often as its message allows', async () => {
    world.dispatch(reactionMessage({ maxAttempts: 3 }));
    for (let i = 0; i < 5; i += 1) {
      await world.run(fails);
      await world.system.advance(LATER_MS);
    }
    const tried = world.outcomes().map(({ attempt: { retry } }) => retry);
    expect(tried).toEqual([0, 1, 2]);
    expect(world.queue.size).toBe(0);
    expect(ends().filter((type) => type === 'signalbox.step.retried')).toHaveLength(2);
    expect(ends().at(-1)).toBe('signalbox.step.failed');
  });

  test('knows its past', async () => {
    const seen: string[] = [];
    const agent = testAgent(async (ctx) => {
      seen.push(ctx.attempts.map(({ error }) => error.message).join());
      throw new RetryableError(`failure ${seen.length}`);
    });
    world.dispatch(reactionMessage({ maxAttempts: 2 }));
    for (let i = 0; i < 2; i += 1) {
      await world.run(agent);
      await world.system.advance(LATER_MS);
    }
    expect(seen).toEqual(['', 'failure 1']);
  });

  test('for good is not tried again', async () => {
    world.dispatch(reactionMessage());
    await world.run(testAgent(() => Promise.reject(new TerminalError('never'))));
    expect(world.queue.size).toBe(0);
    expect(ends().at(-1)).toBe('signalbox.step.failed');
  });

  test('comes back when its next attempt cannot be sent, and runs no second time', async () => {
    let runs = 0;
    const agent = testAgent(() => {
      runs += 1;
      throw new RetryableError('not now');
    });
    world.dispatch(reactionMessage());
    const send = () => Promise.reject(new TypeError('reset'));
    const queue = { changeVisibility: world.queue.changeVisibility.bind(world.queue), send };
    const { batchItemFailures } = await world.run(agent, { ports: { ...world.ports, queue } });
    expect(batchItemFailures).toHaveLength(1);
    await world.system.advance(LATER_MS);
    await world.run(agent);
    expect(runs).toBe(1);
    await world.system.advance(LATER_MS);
    expect(waiting()).toMatchObject([{ step: { attempt: { retry: 1 } } }]);
  });
});

describe('R6, R10: a reaction between two attempts', () => {
  const callsOfSecondAttempt = async () => {
    await world.system.advance(LATER_MS);
    const before = world.model.prompts.length;
    await world.run(testAgent((ctx) => ask(ctx)));
    return world.model.prompts.length - before;
  };

  test('calls nothing any more when its run was stopped, and ends as stopped', async () => {
    await world.control();
    world.dispatch(reactionMessage());
    await world.run(fails);
    await world.stop();
    expect(await callsOfSecondAttempt()).toBe(0);
    expect(ends().at(-1)).toBe('signalbox.step.stopped');
    expect(world.queue.size).toBe(0);
  });

  test('calls nothing any more when its deadline has passed, and ends as expired', async () => {
    world.dispatch(reactionMessage({ deadlineMs: NOW + 30_000 }));
    await world.run(fails);
    expect(await callsOfSecondAttempt()).toBe(0);
    expect(ends().at(-1)).toBe('signalbox.step.expired');
  });
});

describe('the events of a reaction', () => {
  test('carry what it reacts to, whatever they tell', async () => {
    world.dispatch(reactionMessage({ reaction: { cause: 'c', origin: 'o', hops: 7 } }));
    await world.run(
      testAgent(async (ctx) => {
        ctx.partial('so far');
        await ask(ctx);
        await ctx.effect('book', { whenUnknown: 'retry' }, async () => 'booked');
        await ctx.emit('room.booked', { room: '1' });
        await world.system.sleep(500, ctx.signal);
      }),
    );
    expect(new Set(world.eventTypes()).size).toBeGreaterThanOrEqual(7);
    for (const { cause, origin, hops, type } of world.events.events) {
      expect({ cause, origin, hops }, type).toEqual({ cause: 'c', origin: 'o', hops: 7 });
    }
    expect(world.events.events.filter((event) => 'replay' in event)).toEqual([]);
  });

  test('name the replay that asked for it', async () => {
    const replay = { id: 'replay-1', hasEffects: false };
    world.dispatch(reactionMessage({ reaction: { replay } }));
    await world.run(works);
    expect(new Set(world.events.events.map((event) => event.replay))).toEqual(
      new Set(['replay-1']),
    );
  });
});

describe('X7: a reaction that a replay asked for', () => {
  let performed: string[];
  beforeEach(() => {
    performed = [];
  });
  const books = testAgent((ctx) =>
    ctx.effect('book', { whenUnknown: 'fail' }, async (key) => {
      performed.push(key);
      return 'booked';
    }),
  );
  const react = async (replay?: { id: string; hasEffects: boolean }, redrive = 0) => {
    const again = attempt(0, 0, redrive);
    world.dispatch(reactionMessage({ attempt: again, reaction: replay ? { replay } : {} }));
    await world.run(books);
    return world.outcomes().at(-1)?.result;
  };

  test('without effects performs none', async () => {
    const result = await react({ id: 'replay-1', hasEffects: false });
    expect(performed).toEqual([]);
    expect(result).toMatchObject({ status: 'failed', failure: { code: 'EFFECT_BLOCKED' } });
    expect(result).toMatchObject({
      failure: { message: expect.stringContaining('replay-1') },
    });
    expect(world.queue.size).toBe(0);
  });

  test('without effects returns what is on record', async () => {
    const failing = testAgent(async (ctx) => {
      await ctx.effect('book', { whenUnknown: 'fail' }, async (key) => {
        performed.push(key);
        return 'booked';
      });
      throw new TerminalError('broken afterwards');
    });
    world.dispatch(reactionMessage());
    await world.run(failing);
    const result = await react({ id: 'replay-1', hasEffects: false }, 1);
    expect(performed).toHaveLength(1);
    expect(result).toMatchObject({ status: 'succeeded', output: { ok: 'booked' } });
  });

  test('with effects performs them', async () => {
    expect(await react({ id: 'replay-1', hasEffects: true })).toMatchObject({
      status: 'succeeded',
    });
    expect(performed).toHaveLength(1);
  });

  test('has the time that its message gives it, though its run is over long since', async () => {
    await world.control({ deadlineAt: new Date(NOW - 1000).toISOString() });
    expect(await react()).toMatchObject({ status: 'expired' });
    expect(await react({ id: 'replay-1', hasEffects: true }, 1)).toMatchObject({
      status: 'succeeded',
    });
  });
});

describe('a reaction whose message its queue has given up', () => {
  const bury = async (message: TaskMessage) => {
    const dead = new DeadLetterQueue(world);
    await dead.put(JSON.stringify(message), { sourceQueue: 'test-agent' });
    await dead.run();
    return dead;
  };

  test('ends as dead-lettered, with a letter that can be sent again', async () => {
    const message = reactionMessage();
    const dead = await bury(message);
    expect(dead.queue.size).toBe(0);
    expect(world.eventTypes()).toContain('signalbox.dead_letter.parked');
    const [letter] = world.ledger.parked();
    expect(JSON.parse(letter?.body ?? '')).toEqual(message);
  });

  test('is tried again when its failure was recorded and its next attempt may not have been sent', async () => {
    world.dispatch(reactionMessage());
    const send = () => Promise.reject(new TypeError('reset'));
    const queue = { changeVisibility: world.queue.changeVisibility.bind(world.queue), send };
    const [received] = world.queue.receive();
    if (!received) throw new Error('nothing was dispatched');
    await world.run(fails, { ports: { ...world.ports, queue }, received: [received] });
    world.queue.delete(received.receiptHandle);
    const dead = await bury(reactionMessage());
    expect(dead.queue.size).toBe(0);
    await world.system.advance(LATER_MS);
    expect(waiting()).toMatchObject([{ step: { attempt: { retry: 1 } } }]);
    expect(world.ledger.parked()).toEqual([]);
  });
});
