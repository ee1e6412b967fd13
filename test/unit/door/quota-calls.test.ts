/** Effects and tools in the lines of their quotas, and what a worker that dies leaves in a line. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { callTools, ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { Life } from '../../support/door-world.ts';
import { MODEL, QuotaWorld, succeeded } from '../../support/quota-door.ts';
import { NOW } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const CRM = 'crm';

function crmWorld(requestsPerSecond: number) {
  const world = new QuotaWorld(100);
  world.limits = { [CRM]: { requestsPerSecond, burst: 1 } };
  const calls: { readonly ms: number; readonly key: string }[] = [];
  const noted = (key: string): number => calls.push({ ms: world.system.now() - NOW, key });
  return { world, calls, noted };
}

describe('an effect with a quota', () => {
  test('is begun in its turn: nothing is on record of one that waits', async () => {
    const { world, calls, noted } = crmWorld(0.2);
    const agent = testAgent(
      (ctx) => ctx.effect('note', { whenUnknown: 'fail', quota: CRM }, async (key) => noted(key)),
      [CRM],
    );
    world.dispatchSteps(2);
    await world.workFor(agent, 3);
    expect(world.ledger.callsOf({ run: 'run-2', path: 'answer' })).toEqual([]);
    await world.workFor(agent, 4);
    expect(world.outcomesOf(2)).toEqual(succeeded(2));
    expect(calls).toHaveLength(2);
    expect(calls[1]?.ms).toBeGreaterThanOrEqual(5000);
  });

  test('that was one too many is called again in its next turn, with the same key', async () => {
    const { world, calls, noted } = crmWorld(1);
    const agent = testAgent(
      (ctx) =>
        ctx.effect('note', { whenUnknown: 'fail', quota: CRM }, async (key) => {
          if (noted(key) === 1) throw new RetryableError('429', { retryAfterSeconds: 5 });
          return 'noted';
        }),
      [CRM],
    );
    world.dispatchSteps(1);
    await world.workFor(agent, 9);
    expect(world.outcomesOf(1)).toEqual(succeeded(1));
    expect(calls.map(({ ms }) => ms >= 5000)).toEqual([false, true]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(1);
    expect(await world.bucket(CRM)).toMatchObject({ throttled: 1 });
  });

  test('that the contract does not name is refused, with what it names', async () => {
    const { world, calls, noted } = crmWorld(1);
    const agent = testAgent(
      (ctx) => ctx.effect('note', { whenUnknown: 'fail', quota: CRM }, async (key) => noted(key)),
      [MODEL],
    );
    world.dispatchSteps(1);
    await world.run(agent);
    expect(calls).toEqual([]);
    expect(world.outcomes()).toMatchObject([
      {
        result: {
          failure: {
            code: 'TERMINAL',
            message:
              'effect "note" lines up for quota "crm", which the contract of agent "test-agent" does not name; it names: model:default. Add it to the contract\'s quotas.',
          },
        },
      },
    ]);
  });

  test('of the other side closes that line by failing, and no model line', async () => {
    const { world } = crmWorld(100);
    world.limits = { ...world.limits, [MODEL]: { requestsPerSecond: 100 } };
    const agent = testAgent(
      async (ctx) => {
        await ask(ctx);
        await ctx.effect('note', { whenUnknown: 'retry', quota: CRM }, async () => {
          throw new RetryableError('503');
        });
      },
      [MODEL, CRM],
    );
    world.dispatchSteps(5);
    await world.run(agent);
    expect(await world.bucket(CRM)).toMatchObject({ closed: { kind: 'outage' } });
    expect(await world.bucket(MODEL)).toMatchObject({ failures: 0, taken: 5 });
  });
});

test('each call of a tool with a quota lines up', async () => {
  const { world, calls, noted } = crmWorld(1);
  const look = tool({
    name: 'look-up',
    description: 'Looks a name up.',
    input: z.object({ name: z.string() }),
    whenUnknown: 'retry',
    quota: CRM,
    run: async (_input, key) => noted(key),
  });
  const wish = (name: string) => ({ name: look.name, input: { name } });
  const model = new ScriptedModel(({ turns = [] }) =>
    turns.length === 0 ? callTools(wish('a'), wish('b'), wish('c')) : 'done',
  );
  const agent = testAgent(
    (ctx) => ctx.model('ask', { prompt: 'who?', tools: [look], maxOutputTokens: 10 }),
    [CRM],
  );
  world.dispatchSteps(1);
  await world.workFor(agent, 5, { ...world.ports, model });
  expect(world.outcomesOf(1)).toEqual(succeeded(1));
  expect(calls.map(({ ms }) => Math.round(ms / 1000))).toEqual([0, 1, 2]);
});

describe('a worker that dies', () => {
  const asking = testAgent((ctx) => ask(ctx), [MODEL]);

  test('while its call waits in place: the next one lines up again', async () => {
    const world = new QuotaWorld(1);
    world.dispatchSteps(2);
    const life = new Life();
    void world.work(asking, { ports: life.ports(world.ports) });
    await world.system.advance(500);
    life.kill();
    await world.system.advance(31_000);
    await world.workFor(asking, 4);
    expect(world.outcomes('answer', 'run-2')).toMatchObject([{ result: { status: 'succeeded' } }]);
    expect(await world.bucket()).toMatchObject({ taken: 3 });
  });

  test('R7: after it has used the place of a deferral leaves it to nobody', async () => {
    const world = new QuotaWorld(0.2);
    world.dispatchSteps(2);
    await world.workFor(asking, 2);
    const life = new Life();
    world.beforeReply = () => life.kill();
    await world.workFor(asking, 6, life.ports(world.ports));
    expect(world.askedMs).toHaveLength(2);
    world.beforeReply = () => undefined;
    await world.workFor(asking, 40);
    expect(world.outcomes('answer', 'run-2')).toMatchObject([{ result: { status: 'succeeded' } }]);
    expect(world.askedMs).toHaveLength(3);
    expect(await world.bucket()).toMatchObject({ taken: 3 });
  });
});
