import { describe, expect, test } from 'vitest';
import type { AgentCode } from '#runtime/lambda/agent-code.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const message = (run: string) => taskMessage({ run, input: { query: run } });

/** One worker claims the steps of these runs and is killed; their messages are visible again. */
async function loseWorkerOf(world: DoorWorld, runs: readonly string[]): Promise<void> {
  const life = new Life();
  for (const run of runs) world.dispatch(message(run));
  const hanging = testAgent((ctx) => world.system.sleep(50_000, ctx.signal));
  const work = world.work(hanging, { ports: life.ports(world.ports) });
  await world.system.advance(1000);
  life.kill();
  await world.system.run(Promise.race([work, life.died]));
  await world.system.advance(30_000);
}

describe('a step whose worker was lost', () => {
  test('R8: starts last and alone', async () => {
    const world = new DoorWorld();
    const inFlight = new Set<string>();
    const seen: Record<string, readonly string[]> = {};
    const agent = testAgent(async (_ctx, query) => {
      seen[query] = [...inFlight];
      inFlight.add(query);
      await world.system.sleep(1000);
      inFlight.delete(query);
    });
    await loseWorkerOf(world, ['suspect-1', 'suspect-2']);
    for (const run of ['new-1', 'new-2']) world.dispatch(message(run));
    await world.run(agent);
    expect(Object.keys(seen)).toEqual(['new-1', 'new-2', 'suspect-1', 'suspect-2']);
    expect(seen).toMatchObject({ 'new-2': ['new-1'], 'suspect-1': [], 'suspect-2': [] });
  });

  test('R8: is started while the queue is never empty, alone and first', async () => {
    const world = new DoorWorld();
    const order: string[] = [];
    const agent = testAgent(async (_ctx, query) => {
      order.push(query);
      await world.system.sleep(15_000);
    });
    await loseWorkerOf(world, ['victim']);
    const isOver = () => world.tasks.answerTo(message('victim').taskToken) !== null;
    for (let batch = 0; batch < 40 && !isOver(); batch += 1) {
      for (let n = 0; n < 9; n += 1) world.dispatch(message(`new-${batch}-${n}`));
      await world.run(agent);
    }
    expect(isOver()).toBe(true);
    expect(world.queue.deadLetters).toEqual([]);
    // Nothing was in flight beside it, and what came with it was left to the next invocation.
    expect(order.at(-1)).toBe('victim');
  });

  test('R8: is no reason to suspect its next attempt', async () => {
    const world = new DoorWorld();
    await loseWorkerOf(world, ['run-1']);
    const next = taskMessage({
      input: { query: 'run-1' },
      attempt: { gen: 0, redrive: 0, retry: 1 },
    });
    world.dispatch(next);
    world.dispatch(message('new'));
    const started: number[] = [];
    const agent = testAgent(async () => {
      started.push(world.system.now());
      await world.system.sleep(1000);
    });
    await world.run(agent);
    expect(new Set(started).size).toBe(1);
  });
});

describe('a message that was received before', () => {
  /** What the others of its batch may wait for, were it suspect. */
  async function startsBesideOthers(world: DoorWorld): Promise<void> {
    let inFlight = 0;
    let most = 0;
    const agent: AgentCode = testAgent(async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await world.system.sleep(1000);
      inFlight -= 1;
    });
    world.dispatch(message('new'));
    await world.run(agent);
    expect(most).toBe(2);
  }

  test('is not suspect when no worker has claimed it', async () => {
    const world = new DoorWorld();
    world.dispatch(message('throttled'));
    world.queue.receive();
    await world.system.advance(451_000);
    await startsBesideOthers(world);
  });

  test('is not suspect when the ledger could not be read', async () => {
    const world = new DoorWorld();
    const steps = {
      ...world.ledger.steps,
      read: () => Promise.reject(new TypeError('ledger away')),
    };
    world.dispatch(message('unread'));
    await world.run(
      testAgent(async () => 1),
      { ports: { ...world.ports, steps } },
    );
    await world.system.advance(30_000);
    await startsBesideOthers(world);
  });
});

test('R8: a step that kills every worker ends at the door, before its queue gives it up', async () => {
  const world = new DoorWorld();
  world.dispatch(taskMessage());
  for (let polls = 0; polls < 9000 && world.queue.size > 0; polls += 1) {
    const life = new Life();
    const poison = testAgent(async () => {
      life.kill();
      await world.system.sleep(1);
    });
    const received = world.queue.receive();
    // What takes longer from its arrival to its claim is visible again before its lease is over.
    const ms = (received[0]?.receiveCount ?? 0) % 2 === 1 ? 500 : 0;
    const ports = slowly(world, life.ports(world.ports), ms);
    if (received.length > 0) {
      const work = world.work(poison, { ports, received });
      await world.system.run(Promise.race([work, life.died]));
    }
    await world.system.advance(100);
  }
  expect(world.queue.deadLetters).toEqual([]);
  expect(world.tasks.answerTo(taskMessage().taskToken)).toMatchObject({
    error: 'Agent.DeadLettered',
  });
});

const slowly = (world: DoorWorld, ports: DoorPorts, ms: number): DoorPorts => ({
  ...ports,
  steps: {
    ...ports.steps,
    read: async (query) => {
      await world.system.sleep(ms);
      return ports.steps.read(query);
    },
  },
});
