import { describe, expect, test } from 'vitest';
import { TerminalError } from '#runtime/contracts/errors.ts';
import type { StepRecord } from '#runtime/contracts/ledger.ts';
import type { System } from '#runtime/ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { NOW, queued, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;

describe('leases', () => {
  test('R5: two deliveries at once run the step once', async () => {
    const world = new DoorWorld();
    let runs = 0;
    const agent = testAgent(async () => {
      runs += 1;
      await world.system.sleep(5000);
      return runs;
    });
    world.dispatch(taskMessage());
    const received = world.queue.receive();
    const responses = await world.system.run(
      Promise.all([world.work(agent, { received }), world.work(agent, { received })]),
    );
    expect(runs).toBe(1);
    expect(responses.map(({ batchItemFailures }) => batchItemFailures.length)).toEqual([0, 1]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 1 } });
  });

  test('R5: the same message twice in one batch runs once', async () => {
    const world = new DoorWorld();
    let runs = 0;
    world.dispatch(taskMessage());
    await world.queue.send(queued(JSON.stringify(taskMessage())));
    await world.run(testAgent(async () => (runs += 1)));
    expect(runs).toBe(1);
  });

  test('a long step keeps message and lease to its end', async () => {
    const world = new DoorWorld();
    const agent = testAgent(() => world.system.sleep(55_000));
    world.dispatch(taskMessage());
    const work = world.work(agent);
    for (let seconds = 0; seconds < 55; seconds += 5) {
      expect(world.queue.receive()).toEqual([]);
      await world.system.advance(5000);
    }
    await world.system.run(work);
    expect(world.outcomes()).toMatchObject([{ fence: 1, result: { status: 'succeeded' } }]);
  });

  test("R5: who finds another's lease comes back when it is over", async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const received = world.queue.receive();
    const first = world.work(
      testAgent(() => world.system.sleep(50_000)),
      { received },
    );
    await world.system.advance(12_000);
    // Last renewed at 10 s, so held until 40 s.
    const second = await world.run(
      testAgent(async () => 'second'),
      { received },
    );
    expect(second.batchItemFailures).toHaveLength(1);
    await world.system.run(first);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'succeeded', output: {} });
  });
});

describe('a holder that has lost its lease', () => {
  test('R5: a holder that cannot renew is aborted, and the next one answers', async () => {
    const world = new DoorWorld();
    const reasons: unknown[] = [];
    const effects: string[] = [];
    world.dispatch(taskMessage());
    const isRenewal = (record: StepRecord): boolean => record.rev > 1 && record.fence === 1;
    const cutOff = {
      ...world.ports,
      steps: {
        ...world.ledger.steps,
        put: async (write: Parameters<typeof world.ledger.steps.put>[0]) => {
          if (isRenewal(write.record)) throw new TypeError('no route to the ledger');
          return world.ledger.steps.put(write);
        },
      },
    };
    const stale = world.work(
      testAgent(async (ctx) => {
        await world.system.sleep(45_000, ctx.signal);
        reasons.push(ctx.signal.reason);
        await ctx.effect('late', { whenUnknown: 'retry' }, async () => effects.push('stale'));
      }),
      { ports: cutOff },
    );
    await world.system.advance(30_000);
    const response = await world.system.run(stale);
    expect(response.batchItemFailures).toHaveLength(1);
    expect(reasons).toMatchObject([{ code: 'LEASE_LOST' }]);
    expect(effects).toEqual([]);
    expect(world.outcomes()).toEqual([]);

    await world.system.advance(30_000);
    await world.run(testAgent(async () => 'next'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'next' } });
  });

  test('R5: a worker that was frozen past its lease begins no call and does not answer', async () => {
    const world = new DoorWorld();
    const { promise: frozen, resolve: thaw } = Promise.withResolvers<void>();
    world.dispatch(taskMessage());
    const received = world.queue.receive();
    const stale = world.work(
      testAgent(async (ctx) => {
        await frozen;
        return ask(ctx);
      }),
      { received, ports: { ...world.ports, system: withoutTimers(world.system) } },
    );
    await world.system.advance(31_000);
    await world.run(
      testAgent(async () => 'next'),
      { received },
    );
    thaw();
    const response = await world.system.run(stale);
    expect(response.batchItemFailures).toHaveLength(1);
    expect(world.model.prompts).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ output: { ok: 'next' } });
    expect(world.outcomes()).toHaveLength(1);
  });
});

/** The timers of a frozen process: nothing renews, nothing stops, only what is aborted goes on. */
const withoutTimers = (system: System): System => ({
  now: () => system.now(),
  randomId: () => system.randomId(),
  sleep: (_ms, signal) => system.sleep(Number.MAX_SAFE_INTEGER, signal),
});

describe('an agent that ignores its signal', () => {
  const zombie = (
    world: DoorWorld,
    late: (ctx: Parameters<Parameters<typeof testAgent>[0]>[0]) => Promise<unknown>,
  ) =>
    testAgent(async (ctx) => {
      await world.system.sleep(70_000);
      return late(ctx);
    });

  test('does not hold the record: the attempt ends at its timeout', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(zombie(world, async () => 'too late'));
    expect(world.system.now()).toBe(NOW + 60_000);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ error: 'Agent.Retryable' });
    expect(world.outcomes()).toMatchObject([{ result: { failure: { code: 'TIMEOUT' } } }]);
    await world.system.advance(20_000);
    expect(world.outcomes()).toHaveLength(1);
  });

  test('R5: performs no effect and emits nothing afterwards', async () => {
    const world = new DoorWorld();
    const performed: string[] = [];
    const refused: unknown[] = [];
    world.dispatch(taskMessage());
    await world.run(
      zombie(world, async (ctx) => {
        const late = [
          ctx.effect('late', { whenUnknown: 'retry' }, async () => performed.push('effect')),
          ctx.emit('room.booked', { room: 'late' }),
          ask(ctx),
        ];
        for (const { reason } of (await Promise.allSettled(late)) as PromiseRejectedResult[])
          refused.push(reason);
      }),
    );
    await world.system.advance(20_000);
    expect(refused).toMatchObject([{ code: 'TIMEOUT' }, { code: 'TIMEOUT' }, { code: 'TIMEOUT' }]);
    expect(performed).toEqual([]);
    expect(world.model.prompts).toEqual([]);
    expect(world.eventTypes()).not.toContain('room.booked');
  });

  test('R5: an effect in flight at the stop leaves no result; the next attempt is uncertain', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent((ctx) =>
        ctx.effect('slow', { whenUnknown: 'fail' }, async () => {
          await world.system.sleep(65_000);
          return 'done after all';
        }),
      ),
    );
    await world.system.advance(20_000);
    expect(world.ledger.callsOf({ run: 'run-1', path: 'answer' })).toMatchObject([
      { state: 'started' },
    ]);
  });

  test('an effect that ends with the abort is not taken for a failure', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage({ deadlineMs: NOW + 5000 }));
    await world.run(
      testAgent((ctx) =>
        ctx.effect('aborted', { whenUnknown: 'fail' }, async () => {
          await world.system.sleep(30_000, ctx.signal);
          throw new TerminalError('the request was aborted');
        }),
      ),
    );
    await world.system.advance(1000);
    expect(world.ledger.callsOf({ run: 'run-1', path: 'answer' })).toMatchObject([
      { state: 'started' },
    ]);
    expect(world.outcomes()).toMatchObject([{ result: { status: 'expired' } }]);
  });
});
