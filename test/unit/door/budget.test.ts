/** R7 for budgets, at the door: what a call may cost at most is reserved before it is made. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { BudgetLimits, BudgetRecord } from '#runtime/contracts/budget.ts';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { spentOf } from '#runtime/core/budget.ts';
import type { DoorPorts } from '#runtime/lambda/door-ports.ts';
import type { ModelRequest, ModelResponse } from '#runtime/ports.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const REDELIVERY_MS = 32_000;
/** A call of these tests may take 8 tokens of a prompt, the frame around it, and 10 of its answer. */
const MOST_TOKENS = 40;

/** A world whose model costs a dollar for a million tokens in, and five for a million out. */
class PaidWorld extends DoorWorld {
  asked = 0;
  writes = 0;
  reads = 0;
  reply: (request: ModelRequest) => Promise<Partial<ModelResponse>> = async () => ({});

  override get ports(): DoorPorts {
    const { ports } = { ports: super.ports };
    const { budgets } = ports;
    return {
      ...ports,
      pricing: { model: 'small', price: { input: 1, output: 5 } },
      budgets: {
        read: async (run) => {
          this.reads += 1;
          return budgets.read(run);
        },
        put: async (write) => {
          this.writes += 1;
          return budgets.put(write);
        },
      },
      model: {
        describe: (schema) => this.model.describe(schema),
        generate: async (request) => {
          this.asked += 1;
          const usage = { inputTokens: 6, outputTokens: 2 };
          return { text: 'yes', model: 'small-1', usage, ...(await this.reply(request)) };
        },
      },
    };
  }

  budget(): Promise<BudgetRecord | null> {
    return this.ledger.budgets.read('run-1');
  }

  /** The run's limits; its step's message is sent. */
  async begin(budget: BudgetLimits | null): Promise<void> {
    await this.control(budget ? { budget } : {});
    this.dispatch(taskMessage());
  }
}

/** Asks so many times, one after another. */
const asking = (times: number, model?: string) =>
  testAgent(async (ctx) => {
    for (let i = 0; i < times; i += 1) {
      await ctx.model('ask', { prompt: `why ${i}?`, maxOutputTokens: 10, ...(model && { model }) });
    }
    return 'done';
  });

test('a run without a budget reads and writes none', async () => {
  const world = new PaidWorld();
  await world.begin(null);
  await world.run(asking(3));
  expect([world.asked, world.reads, world.writes]).toEqual([3, 0, 0]);
});

test('calls within the budget are made, and come to what they cost', async () => {
  const world = new PaidWorld();
  await world.begin({ usd: 1 });
  await world.run(asking(3));
  expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
  expect(await world.budget()).toMatchObject({
    spent: { usd: 0.000_048, tokens: 24 },
    reserved: {},
  });
  expect([world.reads, world.writes]).toEqual([1, 4]);
});

test('the price of each call is told with it', async () => {
  const world = new PaidWorld();
  await world.begin(null);
  await world.run(asking(1));
  const succeeded = world.events.events.find(({ type }) => type === 'signalbox.call.succeeded');
  expect(succeeded?.data).toMatchObject({ usd: 0.000_016 });
});

test('a model without a known price is not priced', async () => {
  const world = new PaidWorld();
  await world.begin(null);
  await world.run(asking(1, 'large'));
  const succeeded = world.events.events.find(({ type }) => type === 'signalbox.call.succeeded');
  expect(succeeded?.data).not.toHaveProperty('usd');
});

describe('a call that does not fit any more', () => {
  test('is not made: its step fails for good, with an event that says why', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: MOST_TOKENS });
    await world.run(asking(5));
    expect(world.asked).toBeGreaterThan(0);
    expect(world.asked).toBeLessThan(5);
    expect(world.outcomes()).toMatchObject([
      {
        result: {
          status: 'failed',
          failure: { code: 'BUDGET_EXHAUSTED', name: 'Agent.BudgetExhausted', retryable: false },
        },
      },
    ]);
    const told = world.events.events.find(({ type }) => type === 'signalbox.budget.exhausted');
    expect(told?.data).toMatchObject({
      call: 'ask',
      limit: { tokens: MOST_TOKENS },
      spent: { tokens: 8 * world.asked },
    });
    const begun = world.events.events.filter(({ type }) => type === 'signalbox.call.started');
    expect(begun).toHaveLength(world.asked);
    expect(spentOf((await world.budget()) ?? expect.fail()).tokens).toBe(8 * world.asked);
  });

  test('leaves what the step had to show so far (R9)', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: MOST_TOKENS });
    await world.run(
      testAgent(async (ctx) => {
        ctx.partial('half an answer');
        for (;;) await ctx.model('ask', { prompt: 'why?', maxOutputTokens: 1000 });
      }),
    );
    expect(world.outcomes()).toMatchObject([{ partial: { text: 'half an answer' } }]);
  });

  test('is known by its worst case, and says what to do', async () => {
    const world = new PaidWorld();
    await world.begin({ usd: 0.0001 });
    await world.run(asking(1));
    expect(world.asked).toBe(1);
    const tight = new PaidWorld();
    await tight.begin({ usd: 0.000_01 });
    await tight.run(asking(1));
    expect(tight.asked).toBe(0);
    expect(tight.outcomes()).toMatchObject([
      {
        result: {
          failure: {
            message: expect.stringMatching(
              /model call "ask" may take \$0\.0000\d+; of the run's budget of \$0\.000010, \$0 are spent .*Raise the budget/,
            ),
          },
        },
      },
    ]);
  });

  test('is refused by what is on record now, not by what was known before', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: 100 });
    const other = 'other#1/model:ask:0:0';
    const room = { run: 'run-1', limits: { tokens: 100 }, spent: { usd: 0, tokens: 0 } };
    await world.ledger.budgets.put({
      record: { ...room, rev: 1, reserved: { [other]: { usd: 0, tokens: 50 } } },
      expectedRev: null,
    });
    world.reply = async () => {
      const current = (await world.budget()) ?? expect.fail();
      const { [other]: _settled, ...reserved } = current.reserved;
      await world.ledger.budgets.put({
        record: { ...current, rev: current.rev + 1, reserved },
        expectedRev: current.rev,
      });
      return {};
    };
    await world.run(asking(2));
    expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
  });
});

test('a budget in dollars refuses a model whose price nobody knows', async () => {
  const world = new PaidWorld();
  await world.begin({ usd: 1 });
  await world.run(asking(1, 'large'));
  expect(world.asked).toBe(0);
  expect(world.outcomes()).toMatchObject([
    { result: { failure: { code: 'TERMINAL', message: expect.stringContaining('asks large') } } },
  ]);
});

describe('a call without a usable reply', () => {
  const throttled = new RetryableError('429', { code: 'MODEL_THROTTLED' });
  const cause = Object.assign(new Error('down'), { statusCode: 503 });
  const answered = new RetryableError('answered 503', { code: 'MODEL_UNAVAILABLE', cause });
  const lost = new RetryableError('is unreachable', { code: 'MODEL_UNAVAILABLE' });

  test.each([
    ['costs nothing when the provider refused it', throttled, 0],
    ['costs nothing when the provider answered that it failed', answered, 0],
    ['counts with its worst case when nobody knows', lost, 33],
  ])('%s', async (_, error, tokens) => {
    const world = new PaidWorld();
    await world.begin({ tokens: 100 });
    world.reply = () => Promise.reject(error);
    await world.run(asking(1));
    expect(await world.budget()).toMatchObject({
      spent: { tokens: expect.closeTo(tokens, -1) },
      reserved: {},
    });
  });

  test('costs what it used when it does not fit its schema', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: 2000 });
    world.reply = async () => ({ object: { sure: 'perhaps' } });
    await world.run(
      testAgent(async (ctx) => {
        const output = z.object({ sure: z.boolean() });
        await ctx.model('ask', { prompt: 'why?', output, maxOutputTokens: 10 });
      }),
    );
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { code: 'MODEL_OUTPUT_INVALID' } } },
    ]);
    expect(await world.budget()).toMatchObject({ spent: { tokens: 8 }, reserved: {} });
    const told = world.events.events.find(({ type }) => type === 'signalbox.call.failed');
    expect(told?.data).toMatchObject({
      usage: { inputTokens: 6, outputTokens: 2 },
      usd: 0.000_016,
    });
  });
});

describe('a worker that dies', () => {
  test('in a call: what that may have cost stays spent, and its successor pays for its own', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: 200 });
    const life = new Life();
    world.reply = async () => {
      if (world.asked === 1) life.kill();
      return {};
    };
    const dying = world.work(asking(1), { ports: life.ports(world.ports) });
    await world.system.run(Promise.race([dying, life.died]));
    const reserved = spentOf((await world.budget()) ?? expect.fail()).tokens;
    expect(reserved).toBeGreaterThan(8);
    await world.system.advance(REDELIVERY_MS);
    await world.run(asking(1));
    expect(world.asked).toBe(2);
    expect(await world.budget()).toMatchObject({ spent: { tokens: reserved + 8 }, reserved: {} });
  });

  test('after a recorded reply: its successor settles what that cost', async () => {
    const world = new PaidWorld();
    await world.begin({ tokens: 200 });
    const life = new Life();
    const agent = testAgent(async (ctx) => {
      await ctx.model('ask', { prompt: 'why?', maxOutputTokens: 10 });
      life.kill();
      await world.system.sleep(1, ctx.signal);
      return 'done';
    });
    const dying = world.work(agent, { ports: life.ports(world.ports) });
    await world.system.run(Promise.race([dying, life.died]));
    await world.system.advance(REDELIVERY_MS);
    await world.run(agent);
    expect(world.asked).toBe(1);
    expect(await world.budget()).toMatchObject({ spent: { tokens: 8 }, reserved: {} });
  });
});

test('steps of one run share its budget, however they come between each other', async () => {
  const world = new PaidWorld();
  await world.control({ budget: { tokens: 1000 } });
  const paths = Array.from({ length: 8 }, (_, i) => `search[${i}]`);
  for (const path of paths) world.dispatch(taskMessage({ path, taskToken: `token-${path}` }));
  await world.run(asking(3));
  expect(world.asked).toBe(24);
  expect(await world.budget()).toMatchObject({ spent: { tokens: 192 }, reserved: {} });
});

test('a retry spends from the same budget', async () => {
  const world = new PaidWorld();
  await world.begin({ tokens: 200 });
  const failing = testAgent(async (ctx) => {
    await ctx.model('ask', { prompt: 'why?', maxOutputTokens: 10 });
    throw new RetryableError('not good enough');
  });
  await world.run(failing);
  world.dispatch(taskMessage({ attempt: attempt(1) }));
  await world.run(failing);
  expect(await world.budget()).toMatchObject({ spent: { tokens: 16 } });
});

test('a budget that cannot be written at the end of a step counts the worst case, and ends nothing', async () => {
  const world = new PaidWorld();
  await world.begin({ tokens: 200 });
  const { ports } = world;
  let writes = 0;
  const budgets: DoorPorts['budgets'] = {
    ...ports.budgets,
    put: (write) => {
      writes += 1;
      return writes === 1 ? ports.budgets.put(write) : Promise.reject(new Error('away'));
    },
  };
  await world.run(asking(1), { ports: { ...ports, budgets } });
  expect(world.outcomes()).toMatchObject([{ result: { status: 'succeeded' } }]);
  expect(Object.keys((await world.budget())?.reserved ?? {})).toHaveLength(1);
  expect(world.logs.map(({ text }) => text)).toContainEqual(
    expect.stringContaining('counts as spent'),
  );
});
