import { describe, expect, test } from 'vitest';
import type { QueueMessage } from '#runtime/ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { NOW, queued, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const message = (run: string) => taskMessage({ run, input: { query: run } });

describe('a batch', () => {
  test('R8: a slow message does not delay the answers of the others', async () => {
    const world = new DoorWorld();
    const answeredAt = new Map<string, number>();
    const tasks = {
      fail: world.tasks.fail.bind(world.tasks),
      succeed: async (answer: Parameters<typeof world.tasks.succeed>[0]) => {
        answeredAt.set(answer.taskToken, world.system.now() - NOW);
        return world.tasks.succeed(answer);
      },
    };
    for (const run of ['slow', 'quick']) world.dispatch(message(run));
    await world.run(
      testAgent((_ctx, query) => world.system.sleep(query === 'slow' ? 40_000 : 100)),
      { ports: { ...world.ports, tasks } },
    );
    expect(answeredAt.get(message('quick').taskToken)).toBeLessThan(200);
    expect(answeredAt.get(message('slow').taskToken)).toBe(40_000);
  });

  test('no step is started without time for a whole attempt; its message comes back in seconds', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = testAgent(async () => (runs += 1));
    world.dispatch(message('late'));
    const response = await world.run(agent, { remainingMs: 62_000 });
    expect(response.batchItemFailures).toHaveLength(1);
    expect(runs).toBe(0);
    expect(world.ledger.step({ run: 'late', path: 'answer' })).toBeNull();
    expect(world.queue.receive()).toEqual([]);
    await world.system.advance(4000);
    await world.run(agent);
    expect(runs).toBe(1);
  });

  test('what is on record is answered however little time is left', async () => {
    const world = new DoorWorld();
    const agent = testAgent(async () => 'done');
    world.dispatch(message('done'));
    const received = world.queue.receive();
    await world.run(agent, { received });
    const response = await world.run(agent, { received, remainingMs: 5000 });
    expect(response.batchItemFailures).toEqual([]);
  });

  test('a message that is done stays hidden until the invocation returns', async () => {
    const world = new DoorWorld();
    for (const run of ['slow', 'quick']) world.dispatch(message(run));
    const agent = testAgent((_ctx, query) => world.system.sleep(query === 'slow' ? 55_000 : 100));
    const work = world.work(agent);
    for (let seconds = 0; seconds < 55; seconds += 5) {
      expect(world.queue.receive()).toEqual([]);
      await world.system.advance(5000);
    }
    await world.system.run(work);
    expect(world.queue.size).toBe(0);
  });
});

describe('a message that cannot be handled', () => {
  test('R8: a malformed message is parked with its cause, its task failed, and the others go on', async () => {
    const world = new DoorWorld();
    const broken = { ...message('broken'), step: { path: 'answer' } };
    world.tasks.open(broken.taskToken);
    await world.queue.send(queued(JSON.stringify(broken)));
    await world.queue.send(queued('{"half":'));
    world.dispatch(message('good'));
    const response = await world.run(testAgent(async () => 'fine'));
    expect(response.batchItemFailures).toEqual([]);
    expect(world.tasks.answerTo(message('good').taskToken)).toMatchObject({ kind: 'succeeded' });
    expect(world.tasks.answerTo(broken.taskToken)).toMatchObject({ error: 'Agent.Terminal' });
    expect(world.ledger.parked()).toMatchObject([
      { code: 'MESSAGE_INVALID', run: 'broken', cause: expect.stringContaining('step.') },
      { code: 'MESSAGE_INVALID', cause: 'the body is not JSON', body: '{"half":' },
    ]);
    const parked = world.events.events.filter(
      ({ type }) => type === 'signalbox.dead_letter.parked',
    );
    expect(new Set(parked.map(({ id }) => id)).size).toBe(2);
  });

  test('R4: a malformed message that is parked twice leaves one letter and one event', async () => {
    const world = new DoorWorld();
    await world.queue.send(queued('{"half":'));
    const received = world.queue.receive();
    const agent = testAgent(async () => 1);
    await world.run(agent, { received });
    await world.system.advance(60_000);
    await world.run(agent, { received });
    expect(world.ledger.parked()).toHaveLength(1);
    expect(new Set(world.events.events.map((event) => JSON.stringify(event))).size).toBe(1);
  });

  test('T1: a message of a newer schema goes back to the queue untouched', async () => {
    const world = new DoorWorld();
    await world.queue.send(queued(JSON.stringify({ ...message('new'), schemaVersion: 2 })));
    const response = await world.run(testAgent(async () => 1));
    expect(response.batchItemFailures).toHaveLength(1);
    expect(world.ledger.parked()).toEqual([]);
    expect(world.queue.size).toBe(1);
  });

  test('R8: a pipeline that breaks returns its own message only', async () => {
    const world = new DoorWorld();
    const steps = {
      ...world.ledger.steps,
      put: async (write: Parameters<typeof world.ledger.steps.put>[0]) => {
        if (write.record.run === 'broken') throw new TypeError('no capacity');
        return world.ledger.steps.put(write);
      },
    };
    for (const run of ['broken', 'good']) world.dispatch(message(run));
    const response = await world.run(
      testAgent(async () => 1),
      { ports: { ...world.ports, steps } },
    );
    expect(response.batchItemFailures).toHaveLength(1);
    expect(world.tasks.answerTo(message('good').taskToken)).toMatchObject({ kind: 'succeeded' });
  });
});

describe('the visibility of a batch', () => {
  test('visibility comes before everything else, for all messages at once', async () => {
    const world = new DoorWorld();
    const order: string[] = [];
    const ports = {
      ...world.ports,
      queue: {
        send: (sent: QueueMessage) => world.queue.send(sent),
        changeVisibility: async (changes: Parameters<typeof world.queue.changeVisibility>[0]) => {
          order.push(`hide ${changes.map(({ seconds }) => seconds).join()}`);
          return world.queue.changeVisibility(changes);
        },
      },
      steps: {
        ...world.ledger.steps,
        read: async (query: Parameters<typeof world.ledger.steps.read>[0]) => {
          order.push(`read ${query.steps.length}`);
          return world.ledger.steps.read(query);
        },
      },
    };
    for (const run of ['a', 'b', 'c']) world.dispatch(message(run));
    await world.run(
      testAgent(async () => 1),
      { ports },
    );
    expect(order).toEqual(['hide 30,30,30', 'read 3']);
  });

  test('R8: a queue that cannot change visibility costs nothing but later crash detection', async () => {
    const world = new DoorWorld();
    const changeVisibility = () => Promise.reject(new TypeError('away'));
    const queue = Object.assign(new DoorWorld().queue, { changeVisibility });
    world.dispatch(message('a'));
    const response = await world.run(
      testAgent(async () => 1),
      { ports: { ...world.ports, queue } },
    );
    expect(response.batchItemFailures).toEqual([]);
  });
});

describe('calls of one step', () => {
  test('R2: the same effect twice at once is performed once', async () => {
    const world = new DoorWorld();
    let performed = 0;
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async (ctx) => {
        const pay = () =>
          ctx.effect('pay', { whenUnknown: 'fail' }, async () => {
            await world.system.sleep(10);
            performed += 1;
            return performed;
          });
        return [...(await Promise.all([pay(), pay()])), await pay()];
      }),
    );
    expect(performed).toBe(1);
    expect(world.outcomes()).toMatchObject([{ result: { output: { ok: [1, 1, 1] } } }]);
  });

  test('the same question twice is asked once', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(testAgent(async (ctx) => Promise.all([ask(ctx), ask(ctx)])));
    expect(world.model.prompts).toHaveLength(1);
  });

  test('R8: a rejected call that nobody awaits does not end the process', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async (ctx) => {
        void ctx.effect('forgotten', { whenUnknown: 'retry' }, () =>
          Promise.reject(new TypeError('boom')),
        );
        await world.system.sleep(1000);
        return 'fine';
      }),
    );
    expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
  });

  test('names that cannot be keys are refused', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent((ctx) => ctx.effect('Not#Kebab', { whenUnknown: 'retry' }, async () => 1)),
    );
    expect(world.outcomes()).toMatchObject([{ result: { failure: { code: 'TERMINAL' } } }]);
  });
});
