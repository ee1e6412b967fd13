/** X6: a forked run takes over what its origin has done outside, and does nothing new unless asked to. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { TerminalError } from '#runtime/contracts/errors.ts';
import type { ForkOrigin } from '#runtime/contracts/ledger.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { callTools, ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const FORK = { run: 'run-2', path: 'answer' };
type Context = Parameters<Parameters<typeof testAgent>[0]>[0];

class ForkWorld extends DoorWorld {
  override readonly model = new ScriptedModel(({ turns = [] }) =>
    turns.length === 0
      ? callTools({ name: 'book-room', input: { room: 1 } })
      : JSON.stringify(turns[0]?.answers),
  );
  /** What was done outside. */
  readonly done: string[] = [];

  /** Runs the step in the origin, then in a fork of it. */
  async runBoth(
    origin: (ctx: Context) => Promise<unknown>,
    fork: (ctx: Context) => Promise<unknown>,
    parts: Partial<ForkOrigin> = {},
  ) {
    this.dispatch(taskMessage());
    await this.run(testAgent(origin));
    await this.fork(parts);
    this.dispatch(taskMessage({ run: FORK.run }));
    await this.run(testAgent(fork));
    return this.outcomes(FORK.path, FORK.run)[0]?.result;
  }

  fork(parts: Partial<ForkOrigin>): Promise<void> {
    const before = new Date(this.system.now()).toISOString();
    const origin = { run: 'run-1', from: null, before, liveEffects: false, ...parts };
    return this.control({ forkedFrom: origin }, FORK.run);
  }

  pay = (ctx: Context, name = 'pay') =>
    ctx.effect(name, { whenUnknown: 'fail' }, async (key) => {
      this.done.push(key);
      return `${name} ${this.done.length}`;
    });

  book = (ctx: Context) =>
    ctx.model('talk', {
      prompt: 'Book it.',
      maxOutputTokens: 10,
      tools: [
        tool({
          name: 'book-room',
          description: 'Books a room.',
          input: z.object({ room: z.number() }),
          whenUnknown: 'fail',
          run: async ({ room }, key) => {
            this.done.push(key);
            return `room ${room}`;
          },
        }),
      ],
    });
}

const pay = (world: ForkWorld) => (ctx: Context) => world.pay(ctx);

describe('X6: in a forked run an effect', () => {
  test('that its origin has on record gives the same result, and is not performed', async () => {
    const world = new ForkWorld();
    const result = await world.runBoth(pay(world), pay(world));
    expect(result).toMatchObject({ output: { ok: 'pay 1' } });
    expect(world.done).toHaveLength(1);
  });

  test('is on record there, too, and told with where it comes from', async () => {
    const world = new ForkWorld();
    await world.runBoth(pay(world), pay(world));
    expect(world.ledger.callsOf(FORK)).toMatchObject([
      { call: 'effect:pay', state: 'succeeded', result: 'pay 1' },
    ]);
    const facts = world.events.events.filter(
      ({ run, type }) => run === FORK.run && type.startsWith('signalbox.call.'),
    );
    expect(facts).toMatchObject([
      {
        type: 'signalbox.call.succeeded',
        data: { call: 'pay', kind: 'effect', durationMs: 0, reusedFrom: 'run-1' },
      },
    ]);
  });

  test('that is new is refused, and ends the step', async () => {
    const world = new ForkWorld();
    const result = await world.runBoth(
      async () => 'nothing done',
      (ctx) => world.pay(ctx),
    );
    expect(result).toMatchObject({
      status: 'failed',
      failure: {
        code: 'EFFECT_BLOCKED',
        name: 'Agent.EffectBlocked',
        retryable: false,
        message: expect.stringContaining('effect "pay" is not on record in run run-1'),
      },
    });
    expect(world.done).toEqual([]);
    expect(world.ledger.callsOf(FORK)).toEqual([]);
  });
});

describe('X6: in a forked run an effect that is not to be taken over', () => {
  test('is performed with a key of its own when effects are live', async () => {
    const world = new ForkWorld();
    const result = await world.runBoth(
      (ctx) => world.pay(ctx, 'pay'),
      async (ctx) => [await world.pay(ctx, 'pay'), await world.pay(ctx, 'refund')],
      { liveEffects: true },
    );
    expect(result).toMatchObject({ output: { ok: ['pay 1', 'refund 2'] } });
    expect(new Set(world.done).size).toBe(2);
  });

  test('because it failed in its origin, is refused: it has not happened', async () => {
    const world = new ForkWorld();
    const result = await world.runBoth(
      (ctx) =>
        ctx.effect('pay', { whenUnknown: 'fail' }, async () => {
          throw new TerminalError('no such account');
        }),
      (ctx) => world.pay(ctx),
    );
    expect(result).toMatchObject({ failure: { code: 'EFFECT_BLOCKED' } });
  });

  test('because it is of another path, is refused', async () => {
    const world = new ForkWorld();
    world.dispatch(taskMessage({ path: 'other' }));
    await world.run(testAgent((ctx) => world.pay(ctx)));
    await world.fork({});
    world.dispatch(taskMessage({ run: FORK.run }));
    await world.run(testAgent((ctx) => world.pay(ctx)));
    expect(world.outcomes(FORK.path, FORK.run)).toMatchObject([
      { result: { failure: { code: 'EFFECT_BLOCKED' } } },
    ]);
  });

  test('because its result could not be kept, is not performed either', async () => {
    const world = new ForkWorld();
    const date = (ctx: Context) =>
      ctx.effect('pay', { whenUnknown: 'fail' }, async () => {
        world.done.push('paid');
        return new Date(0);
      });
    expect(await world.runBoth(date, date)).toMatchObject({ failure: { code: 'OUTPUT_INVALID' } });
    expect(world.done).toEqual(['paid']);
  });
});

describe('X6: in a forked run a tool call', () => {
  test('that its origin has on record gives the same result; the model is asked anew', async () => {
    const world = new ForkWorld();
    const text = async (ctx: Context) => (await world.book(ctx)).text;
    expect(await world.runBoth(text, text)).toMatchObject({
      output: { ok: expect.stringContaining('room 1') },
    });
    expect(world.done).toHaveLength(1);
    expect(world.model.prompts).toHaveLength(4);
  });

  test('that is new is refused', async () => {
    const world = new ForkWorld();
    const result = await world.runBoth(async () => 'nothing done', world.book);
    expect(result).toMatchObject({
      failure: {
        code: 'EFFECT_BLOCKED',
        message: expect.stringContaining('the call of tool "book-room"'),
      },
    });
    expect(world.done).toEqual([]);
  });
});

test('R2: a fork with live effects that fails and is tried again performs each once', async () => {
  const world = new ForkWorld();
  await world.fork({ liveEffects: true });
  for (const retry of [0, 1]) {
    world.dispatch(taskMessage({ run: FORK.run, attempt: attempt(retry) }));
    await world.run(
      testAgent(async (ctx) => {
        await world.pay(ctx);
        if (retry === 0) throw new Error('not good enough');
      }),
    );
  }
  expect(world.done).toHaveLength(1);
});
