import { describe, expect, test } from 'vitest';
import type { WhenUnknown } from '#runtime/contracts/agent-context.ts';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { CallLedger, TaskCallback } from '#runtime/ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;
const REDELIVERY_MS = 30_000;

/** A ticket system outside of the ledger: what really happened, by key. */
class Outside {
  readonly calls: string[] = [];
  async perform(key: string): Promise<string> {
    this.calls.push(key);
    return `ticket-${new Set(this.calls).size}`;
  }
}

/** Lets a worker die right after it has performed an effect, then lets another one take over. */
async function dieAfterEffect(whenUnknown: (outside: Outside) => WhenUnknown<string>) {
  const world = new DoorWorld();
  const outside = new Outside();
  const life = new Life();
  const agent = (dies: boolean) =>
    testAgent((ctx) =>
      ctx.effect('open', { whenUnknown: whenUnknown(outside) }, async (key) => {
        const ticket = await outside.perform(key);
        if (dies) life.kill();
        return ticket;
      }),
    );
  world.dispatch(taskMessage());
  const first = world.work(agent(true), { ports: life.ports(world.ports) });
  await world.system.run(Promise.race([first, life.died]));
  await world.system.advance(REDELIVERY_MS);
  await world.run(agent(false));
  return { world, outside };
}

describe('a worker that dies between an effect and its record', () => {
  test('R2: "retry" calls again with the same key', async () => {
    const { world, outside } = await dieAfterEffect(() => 'retry');
    expect(outside.calls).toHaveLength(2);
    expect(new Set(outside.calls).size).toBe(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'ticket-1' } });
    expect(world.eventTypes()).toContain('signalbox.call.uncertain');
  });

  test('R2: "fail" ends the step and calls nothing', async () => {
    const { world, outside } = await dieAfterEffect(() => 'fail');
    expect(outside.calls).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.EffectUncertain' });
  });

  test('R2: "reconcile" uses what it finds', async () => {
    const { world, outside } = await dieAfterEffect((there) => ({
      reconcile: async (key) => (there.calls.includes(key) ? { found: 'found' } : 'absent'),
    }));
    expect(outside.calls).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'found' } });
  });

  test('R2: "reconcile" calls when there is nothing', async () => {
    const { outside } = await dieAfterEffect(() => ({ reconcile: async () => 'absent' }));
    expect(outside.calls).toHaveLength(2);
  });
});

describe('a worker that dies', () => {
  test('R9: leaves its recorded model reply to the next one', async () => {
    const world = new DoorWorld();
    const life = new Life();
    const agent = (dies: boolean) =>
      testAgent(async (ctx) => {
        const { object } = await ask(ctx);
        if (dies) life.kill();
        await world.system.sleep(1, ctx.signal);
        return object.reply;
      });
    world.dispatch(taskMessage());
    const first = world.work(agent(true), { ports: life.ports(world.ports) });
    await world.system.run(Promise.race([first, life.died]));
    await world.system.advance(REDELIVERY_MS);
    await world.run(agent(false));
    expect(world.model.prompts).toHaveLength(1);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'yes' } });
    // R4: the dead worker had not published its call; the next one told it with the reply.
    expect(world.eventTypes()).toContain('signalbox.call.succeeded');
  });

  test('R4: an event that it emitted is published by the next one, and only once', async () => {
    const world = new DoorWorld();
    const life = new Life();
    const agent = (dies: boolean) =>
      testAgent(async (ctx) => {
        await ctx.emit('room.booked', { room: dies ? 'first' : 'second' });
        if (dies) life.kill();
        await ctx.emit('room.booked', { room: 'next' });
      });
    world.dispatch(taskMessage());
    const first = world.work(agent(true), { ports: life.ports(world.ports) });
    await world.system.run(Promise.race([first, life.died]));
    await world.system.advance(REDELIVERY_MS);
    await world.run(agent(false));
    const booked = world.events.events.filter(({ type }) => type === 'room.booked');
    expect(booked.map(({ data }) => data)).toEqual([{ room: 'first' }, { room: 'next' }]);
  });
});

describe('the death of a worker', () => {
  test('is noticed within 32 seconds of its last renewal', async () => {
    const world = new DoorWorld();
    const life = new Life();
    world.dispatch(taskMessage());
    const dead = world.work(
      testAgent((ctx) => world.system.sleep(50_000, ctx.signal)),
      { ports: life.ports(world.ports) },
    );
    await world.system.advance(25_000);
    expect(world.queue.receive()).toEqual([]);
    life.kill();
    await world.system.run(Promise.race([dead, life.died]));
    await world.system.advance(24_999);
    expect(world.queue.receive()).toEqual([]);
    await world.system.advance(1);
    await world.run(testAgent(async () => 'taken over'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'taken over' } });
  });

  test('R8: six times over, ends its step as a dead letter, parked and answered', async () => {
    const world = new DoorWorld();
    let starts = 0;
    world.dispatch(taskMessage());
    for (let delivery = 1; delivery <= 7; delivery += 1) {
      const life = new Life();
      const poison = testAgent(async () => {
        starts += 1;
        life.kill();
      });
      const work = world.work(poison, { ports: life.ports(world.ports) });
      await world.system.run(Promise.race([work, life.died]));
      await world.system.advance(REDELIVERY_MS);
    }
    expect(starts).toBe(6);
    expect(world.ledger.parked()).toMatchObject([{ code: 'DEAD_LETTERED', path: 'answer' }]);
    const answer = world.tasks.answerTo(TOKEN);
    expect(answer).toMatchObject({ error: 'Agent.DeadLettered' });
    expect(answer?.kind === 'failed' && JSON.parse(answer.cause).deadLetter).toBe(
      world.ledger.parked()[0]?.id,
    );
    expect(world.eventTypes()).toContain('signalbox.dead_letter.parked');
    expect(world.queue.size).toBe(0);
  });
});

describe('an answer', () => {
  const answering = (world: DoorWorld, succeed: TaskCallback['succeed']) => ({
    ...world.ports,
    tasks: { succeed, fail: world.tasks.fail.bind(world.tasks) },
  });

  test('whose confirmation is lost is not given twice, and nothing runs again', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = testAgent(async () => (runs += 1));
    world.dispatch(taskMessage());
    const ports = answering(world, async (answer) => {
      await world.tasks.succeed(answer);
      throw new TypeError('connection reset');
    });
    expect((await world.run(agent, { ports })).batchItemFailures).toHaveLength(1);
    await world.system.advance(REDELIVERY_MS);
    expect((await world.run(agent)).batchItemFailures).toEqual([]);
    expect(runs).toBe(1);
    expect(world.queue.size).toBe(0);
  });

  test('that is throttled is given at the next delivery, and nothing runs again', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = testAgent(async () => (runs += 1));
    world.dispatch(taskMessage());
    const ports = answering(world, () => Promise.reject(new ThrottledError('busy')));
    expect((await world.run(agent, { ports })).batchItemFailures).toHaveLength(1);
    await world.system.advance(REDELIVERY_MS);
    await world.run(agent);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 1 } });
    expect(runs).toBe(1);
  });

  test('that nobody waits for any more is done', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    world.tasks.close(TOKEN);
    expect((await world.run(testAgent(async () => 1))).batchItemFailures).toEqual([]);
    expect(world.queue.size).toBe(0);
  });
});

describe('a write of a call whose response is lost', () => {
  test('R4: leaves the step to its next holder, who tells what is on record', async () => {
    const world = new DoorWorld();
    let isLost = false;
    const put: CallLedger['put'] = async (write) => {
      const result = await world.ledger.calls.put(write);
      if (isLost) return result;
      isLost = true;
      throw new TypeError('socket hang up');
    };
    const ports = { ...world.ports, calls: { ...world.ledger.calls, put } };
    const agent = testAgent((ctx) => ctx.emit('room.booked', { room: '7' }));
    world.dispatch(taskMessage());
    await world.run(agent, { ports });
    expect(world.outcomes()).toEqual([]);
    await world.system.advance(REDELIVERY_MS + 1000);
    await world.run(agent, { ports });
    expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
    expect(world.eventTypes().filter((type) => type === 'room.booked')).toHaveLength(1);
  });
});
