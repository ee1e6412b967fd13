import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { decodeEvent } from '#runtime/core/decode-event.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import {
  AGENT,
  attempt,
  failedWith,
  NOW,
  retryable,
  stepOutcome,
  stepRecord,
  taskMessage,
} from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;
const DEADLINE = { deadlineMs: NOW + 20_000 };

/** A worker performs three calls, records them, and is killed before it has told anything of them. */
async function loseWorker(world: DoorWorld, message = taskMessage()): Promise<void> {
  const life = new Life();
  world.dispatch(message);
  const agent = testAgent(async (ctx) => {
    await ask(ctx);
    await ctx.effect('pay', { whenUnknown: 'fail' }, async () => 'paid');
    await ctx.emit('room.booked', { room: '7' });
    life.kill();
    await world.system.sleep(1, ctx.signal);
  });
  const first = world.work(agent, { ports: life.ports(world.ports) });
  await world.system.run(Promise.race([first, life.died]));
  await world.system.advance(30_000);
}

const RECORDED = [
  'signalbox.call.started',
  'signalbox.call.succeeded',
  'signalbox.call.started',
  'signalbox.call.succeeded',
  'room.booked',
];

const told = (world: DoorWorld): readonly string[] =>
  [...new Map(world.events.events.map((event) => [event.id, event])).values()]
    .filter(({ fence, type }) => fence === 1 && !type.startsWith('signalbox.step.'))
    .map(({ type }) => type);

describe('R4: what a lost worker has recorded of its calls is told', () => {
  test('when its step expires without being run again', async () => {
    const world = new DoorWorld();
    await loseWorker(world, taskMessage(DEADLINE));
    await world.run(testAgent(async () => 1));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadlineExceeded' });
    expect([...told(world)].sort()).toEqual([...RECORDED].sort());
  });

  test('when the next worker does not come to these calls', async () => {
    const world = new DoorWorld();
    await loseWorker(world);
    await world.run(testAgent(() => Promise.reject(new TypeError('at once'))));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Retryable' });
    expect([...told(world)].sort()).toEqual([...RECORDED].sort());
  });

  test('before the answer, and the answer waits while the stream is away', async () => {
    const world = new DoorWorld();
    await loseWorker(world, taskMessage(DEADLINE));
    const events = { append: () => Promise.reject(new TypeError('away')) };
    await world.run(
      testAgent(async () => 1),
      { ports: { ...world.ports, events } },
    );
    expect(world.tasks.answerTo(TOKEN)).toBeNull();
    await world.system.advance(60_000);
    await world.run(testAgent(async () => 1));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadlineExceeded' });
    expect([...told(world)].sort()).toEqual([...RECORDED].sort());
  });

  test('when the step was started for the last time', async () => {
    const world = new DoorWorld();
    await loseWorker(world);
    for (let start = 2; start <= 7; start += 1) {
      const life = new Life();
      const poison = testAgent(async () => life.kill());
      const work = world.work(poison, { ports: life.ports(world.ports) });
      await world.system.run(Promise.race([work, life.died]));
      await world.system.advance(30_000);
    }
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.DeadLettered' });
    expect([...told(world)].sort()).toEqual([...RECORDED].sort());
  });
});

test('R4: a call whose result is written while the attempt ends is told with it', async () => {
  const world = new DoorWorld();
  const calls = {
    ...world.ledger.calls,
    put: async (write: Parameters<typeof world.ledger.calls.put>[0]) => {
      const put = await world.ledger.calls.put(write);
      // The ledger has it; its answer is on the way when the time is up.
      if (write.record.state === 'succeeded') await world.system.sleep(2000);
      return put;
    },
  };
  world.dispatch(taskMessage({ deadlineMs: NOW + 5000 }));
  await world.run(
    testAgent((ctx) => ctx.effect('pay', { whenUnknown: 'fail' }, () => world.system.sleep(4000))),
    { ports: { ...world.ports, calls } },
  );
  expect(world.outcomes()).toMatchObject([{ result: { status: 'expired' } }]);
  expect(world.eventTypes()).toContain('signalbox.call.succeeded');
});

const pageAgent = (run: (emit: (text: string) => Promise<void>) => Promise<unknown>) =>
  agentCode(
    agentContract({
      name: AGENT,
      timeoutSeconds: 60,
      input: z.unknown(),
      output: z.unknown(),
      events: eventTypes({ 'page.found': z.object({ text: z.string() }) }),
    }),
    (_input, ctx) => run((text) => ctx.emit('page.found', { text })),
  );

describe('an outcome that does not fit into its record', () => {
  test('R4: has its events told before, and is answered after one run', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = pageAgent(async (emit) => {
      runs += 1;
      for (let page = 0; page < 9; page += 1) await emit('x'.repeat(48_000));
      return 'ok';
    });
    world.dispatch(taskMessage());
    await world.run(agent);
    expect(runs).toBe(1);
    expect(world.tasks.answerTo(TOKEN)).toEqual({ kind: 'succeeded', output: 'ok' });
    expect(world.eventTypes().filter((type) => type === 'page.found')).toHaveLength(9);
  });

  test('fails the step with OUTPUT_TOO_LARGE when its output alone does not fit', async () => {
    const world = new DoorWorld();
    // What earlier attempts had to show and to say takes a part of the record.
    const outcomes = Array.from({ length: 32 }, (_, retry) =>
      stepOutcome({
        attempt: attempt(retry),
        result: failedWith(retryable('x'.repeat(2000))),
        ...(retry > 28 && { partial: { text: 'x'.repeat(32_000) } }),
      }),
    );
    await world.ledger.steps.put({ record: stepRecord({ outcomes }), expectedRev: null });
    world.dispatch(taskMessage({ attempt: attempt(0, 1), inlineBytes: 256_000 }));
    await world.run(pageAgent(async () => 'x'.repeat(250_000)));
    const { taskToken } = taskMessage({ attempt: attempt(0, 1) });
    expect(world.tasks.answerTo(taskToken)).toMatchObject({ error: 'Agent.OutputTooLarge' });
  });

  test('fits whenever its output is nested no deeper than allowed', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(pageAgent(async () => nested(201)));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded' });
    const deeper = taskMessage({ run: 'deeper' });
    world.dispatch(deeper);
    await world.run(pageAgent(async () => nested(202)));
    expect(world.tasks.answerTo(deeper.taskToken)).toMatchObject({ error: 'Agent.OutputInvalid' });
  });
});

test('a worker that follows a lost one tells of both starts before it runs: it may die as fast', async () => {
  const world = new DoorWorld();
  const life = new Life();
  world.dispatch(taskMessage());
  const dies = testAgent(async () => {
    life.kill();
    await new Promise(() => undefined);
  });
  const lost = world.work(dies, { ports: life.ports(world.ports) });
  await world.system.run(Promise.race([lost, life.died]));
  await world.system.advance(60_000);
  let told: readonly number[] = [];
  await world.run(
    testAgent(async () => {
      told = world.events.events
        .filter(({ type }) => type === 'signalbox.step.started')
        .map(({ fence }) => fence);
    }),
  );
  expect(told.toSorted()).toEqual([1, 2]);
});

test('R4: an end whose generation was followed before it was told is told by the next one', async () => {
  const world = new DoorWorld();
  const away = { append: () => Promise.reject(new TypeError('away')) };
  const fails = testAgent(() => Promise.reject(new RetryableError('not this time')));
  world.dispatch(taskMessage());
  await world.run(fails, { ports: { ...world.ports, events: away } });
  expect(world.eventTypes()).toEqual([]);
  const followed = taskMessage({ attempt: attempt(0, 1) });
  world.dispatch(followed);
  await world.run(testAgent(async () => 1));
  expect(world.tasks.answerTo(followed.taskToken)).toMatchObject({ kind: 'succeeded' });
  expect(world.eventTypes()).toContain('signalbox.step.retried');
});

test('R4: a clock that is set back makes no event unreadable', async () => {
  const world = new DoorWorld();
  let backMs = 0;
  const system = {
    now: () => world.system.now() - backMs,
    randomId: () => world.system.randomId(),
    sleep: (ms: number, signal?: AbortSignal) => world.system.sleep(ms, signal),
  };
  world.dispatch(taskMessage());
  await world.run(
    testAgent(async (ctx) => {
      const pay = async () => {
        backMs += 100;
        return 1;
      };
      await ctx.effect('pay', { whenUnknown: 'fail' }, pay);
      await ask(ctx);
    }),
    { ports: { ...world.ports, system } },
  );
  const decoded = world.events.events.map((event) => decodeEvent(JSON.stringify(event)));
  expect(decoded.filter(({ kind }) => kind === 'undecodable')).toEqual([]);
  expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
});
