/** A model may call tools; each call is made once, whatever happens to the worker or the attempt. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import type { ModelCall, WhenUnknown } from '#runtime/contracts/agent-context.ts';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import type { StepResult } from '#runtime/contracts/ledger.ts';
import { type Tool, tool } from '#runtime/contracts/tool.ts';
import type { ModelTurn } from '#runtime/ports.ts';
import { callTools, type ModelScript, ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const STEP = { run: 'run-1', path: 'answer' };
const REDELIVERY_MS = 32_000;
type Context = Parameters<Parameters<typeof testAgent>[0]>[0];

/** A tool that remembers its calls. */
function bookingDesk(whenUnknown: WhenUnknown<string> = 'retry') {
  const calls: { readonly room: number; readonly key: string }[] = [];
  const book = tool({
    name: 'book-room',
    description: 'Books a room.',
    input: z.object({ room: z.number() }),
    whenUnknown,
    run: async ({ room }, key) => {
      calls.push({ room, key });
      return `room ${room} is booked`;
    },
  });
  return { calls, book };
}

const converse = (ctx: Context, tools: readonly Tool[], more: Partial<ModelCall<never>> = {}) =>
  ctx.model('talk', { prompt: 'Book it.', maxOutputTokens: 10, tools, ...more });

const wish = (room: unknown, name = 'book-room') => ({ name, input: { room } });

/** Wants these rooms, turn by turn, then says what the last turn gave. */
const script =
  (...turns: readonly (readonly unknown[])[]): ModelScript =>
  ({ turns: said = [] }) => {
    const rooms = turns[said.length];
    const [first, ...more] = (rooms ?? []).map((room) => wish(room));
    return first ? callTools(first, ...more) : JSON.stringify(said.at(-1)?.answers);
  };

class ToolWorld extends DoorWorld {
  override readonly model: ScriptedModel;
  constructor(model: ModelScript) {
    super();
    this.model = new ScriptedModel(model);
  }
}

async function talk(model: ModelScript, run: (ctx: Context) => Promise<unknown>) {
  const world = new ToolWorld(model);
  world.dispatch(taskMessage());
  await world.run(testAgent(run));
  return world;
}

const resultOf = (world: DoorWorld, attemptIndex = 0): StepResult | undefined =>
  world.outcomes()[attemptIndex]?.result;

const callKeys = (world: DoorWorld): readonly string[] =>
  world.ledger.callsOf(STEP).map(({ call }) => call.replaceAll(/[0-9a-f]{32}/g, '#'));

describe('a model that calls tools', () => {
  test('gets their results turn by turn, and answers', async () => {
    const { book, calls } = bookingDesk();
    const world = await talk(script([1], [2]), async (ctx) => (await converse(ctx, [book])).text);
    expect(calls.map(({ room }) => room)).toEqual([1, 2]);
    expect(resultOf(world)).toMatchObject({
      output: { ok: '[{"id":"1.0","name":"book-room","output":"room 2 is booked"}]' },
    });
  });

  test('is told of its tools and of what was said', async () => {
    const { book } = bookingDesk();
    const asked: unknown[] = [];
    await talk(
      ({ tools, turns = [] }) => {
        asked.push({ tools, turns: turns.length });
        return turns.length === 0 ? callTools(wish(1)) : 'done';
      },
      (ctx) => converse(ctx, [book]),
    );
    const tools = [
      {
        name: 'book-room',
        description: 'Books a room.',
        schema: expect.objectContaining({ type: 'object', required: ['room'] }),
      },
    ];
    expect(asked).toEqual([
      { tools, turns: 0 },
      { tools, turns: 1 },
    ]);
  });

  test('is recorded: each turn like a model call, each tool call like an effect', async () => {
    const { book, calls } = bookingDesk();
    const world = await talk(script([1, 2]), (ctx) => converse(ctx, [book]));
    expect(callKeys(world)).toEqual([
      'model:talk:#:0',
      'tool:book-room:#:0',
      'tool:book-room:#:0',
      'model:talk:#:0',
    ]);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(2);
    const facts = world.events.events.flatMap(({ type, data }) =>
      type === 'signalbox.call.succeeded' ? [data] : [],
    );
    expect(facts).toMatchObject([
      { call: 'talk', kind: 'model', requestHash: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { call: 'book-room', kind: 'tool', requestHash: expect.stringMatching(/^[0-9a-f]{32}$/) },
      { call: 'book-room', kind: 'tool' },
      { call: 'talk', kind: 'model' },
    ]);
  });

  test('has the usage of all its turns', async () => {
    const { book } = bookingDesk();
    const world = await talk(script([1], [2]), async (ctx) => (await converse(ctx, [book])).usage);
    expect(resultOf(world)).toMatchObject({ output: { ok: { inputTokens: 6 } } });
  });
});

describe('a conversation with tools', () => {
  test('may give an object in the end, which is checked', async () => {
    const { book } = bookingDesk();
    const output = z.object({ booked: z.boolean() });
    const world = await talk(
      ({ turns = [] }) => (turns.length === 0 ? callTools(wish(1)) : { booked: true }),
      async (ctx) => {
        const call = { prompt: 'Book it.', maxOutputTokens: 10, tools: [book], output };
        return (await ctx.model('talk', call)).object.booked;
      },
    );
    expect(resultOf(world)).toMatchObject({ output: { ok: true } });
  });

  test('fails the attempt when it never comes to an answer', async () => {
    const { book } = bookingDesk();
    const endless = ({ turns = [] }: { turns?: readonly ModelTurn[] }) =>
      callTools(wish(turns.length));
    const world = await talk(endless, (ctx) => converse(ctx, [book], { maxTurns: 3 }));
    expect(world.model.prompts).toHaveLength(3);
    expect(resultOf(world)).toMatchObject({
      failure: { code: 'MODEL_OUTPUT_INVALID', message: expect.stringContaining('3 turns') },
    });
  });

  test.each([0, 101, 1.5])('refuses a maxTurns of %d', async (maxTurns) => {
    const { book } = bookingDesk();
    const world = await talk(script(), (ctx) => converse(ctx, [book], { maxTurns }));
    expect(resultOf(world)).toMatchObject({
      failure: { code: 'TERMINAL', message: expect.stringContaining('1 to 100') },
    });
  });

  test('refuses two tools of one name', async () => {
    const { book } = bookingDesk();
    const world = await talk(script(), (ctx) => converse(ctx, [book, book]));
    expect(resultOf(world)).toMatchObject({ failure: { message: expect.stringContaining('two') } });
  });
});

describe('M1: what a model gives a tool is checked, and a misfit goes back to it', () => {
  test.each<readonly [string, { name: string; input: unknown }, string]>([
    ['of another type', wish('one'), 'room: Invalid input: expected number, received string'],
    ['for a tool that is not there', wish(1, 'book-flat'), 'there is no tool "book-flat"'],
    ['with a reference', { name: 'book-room', input: { room: 1, $sbref: {} } }, '$sbref'],
    ['that is no object', { name: 'book-room', input: '{"room":' }, 'expected object'],
  ])('an input %s', async (_what, wished, problem) => {
    const { book, calls } = bookingDesk();
    const world = await talk(
      ({ turns = [] }) =>
        turns.length === 0 ? callTools(wished) : JSON.stringify(turns[0]?.answers),
      async (ctx) => JSON.parse((await converse(ctx, [book])).text),
    );
    expect(calls).toEqual([]);
    expect(resultOf(world)).toMatchObject({
      output: { ok: [{ id: '0.0', error: expect.stringContaining(problem) }] },
    });
    expect(callKeys(world).filter((call) => call.startsWith('tool:'))).toEqual([]);
  });
});

describe('R2: a tool call', () => {
  test('is not made again by the next attempt whose model wants the same', async () => {
    const { book, calls } = bookingDesk('fail');
    const world = new ToolWorld(script([1], [1]));
    let failures = 1;
    const agent = testAgent(async (ctx) => {
      const { text } = await converse(ctx, [book]);
      failures -= 1;
      if (failures >= 0) throw new RetryableError('not good enough');
      return text;
    });
    for (const message of [taskMessage(), taskMessage({ attempt: attempt(1) })]) {
      world.dispatch(message);
      await world.run(agent);
    }
    // R9: the failed attempt's model is asked anew; both of its wishes were two calls.
    expect(world.model.prompts).toHaveLength(6);
    expect(calls).toHaveLength(2);
    expect(new Set(calls.map(({ key }) => key)).size).toBe(2);
    expect(resultOf(world, 1)).toMatchObject({ status: 'succeeded' });
  });

  test('is replayed after a crash, with the turns before it', async () => {
    const { book, calls } = bookingDesk('fail');
    const world = new ToolWorld(script([1], [1], [2]));
    const life = new Life();
    const agent = (dies: boolean) =>
      testAgent(async (ctx) => {
        const { text } = await converse(ctx, [book]);
        if (dies) life.kill();
        await world.system.sleep(1, ctx.signal);
        return text;
      });
    world.dispatch(taskMessage());
    const first = world.work(agent(true), { ports: life.ports(world.ports) });
    await world.system.run(Promise.race([first, life.died]));
    await world.system.advance(REDELIVERY_MS);
    await world.run(agent(false));
    expect(resultOf(world)).toMatchObject({ status: 'succeeded' });
    expect(world.model.prompts).toHaveLength(4);
    expect(calls.map(({ room }) => room)).toEqual([1, 1, 2]);
  });
});

describe('R2: a tool call and its like', () => {
  test('is the same call when the same question is asked again in one attempt', async () => {
    const { book, calls } = bookingDesk();
    const world = await talk(script([1]), async (ctx) => {
      const both = await Promise.all([converse(ctx, [book]), converse(ctx, [book])]);
      const third = await converse(ctx, [book]);
      return new Set([...both, third].map(({ text }) => text)).size;
    });
    expect(resultOf(world)).toMatchObject({ output: { ok: 1 } });
    expect(calls).toHaveLength(1);
    expect(world.model.prompts).toHaveLength(2);
  });
});

describe('R2: a tool call of which nobody knows', () => {
  test.each(['retry', 'fail'] as const)(
    'whose worker died follows its policy "%s"',
    async (policy) => {
      const world = new ToolWorld(script([1]));
      const life = new Life();
      const keys: string[] = [];
      const book = tool({
        name: 'book-room',
        description: 'Books a room.',
        input: z.object({ room: z.number() }),
        whenUnknown: policy,
        run: async (_input, key) => {
          keys.push(key);
          if (keys.length === 1) life.kill();
          await world.system.sleep(1);
          return 'booked';
        },
      });
      const agent = testAgent((ctx) => converse(ctx, [book]));
      world.dispatch(taskMessage());
      const first = world.work(agent, { ports: life.ports(world.ports) });
      await world.system.run(Promise.race([first, life.died]));
      await world.system.advance(REDELIVERY_MS);
      await world.run(agent);
      expect(world.eventTypes()).toContain('signalbox.call.uncertain');
      if (policy === 'retry') {
        expect(keys).toHaveLength(2);
        expect(new Set(keys).size).toBe(1);
        expect(resultOf(world)).toMatchObject({ status: 'succeeded' });
      } else {
        expect(keys).toHaveLength(1);
        expect(resultOf(world)).toMatchObject({
          failure: {
            code: 'EFFECT_UNCERTAIN',
            message: expect.stringContaining('the call of tool "book-room"'),
          },
        });
      }
    },
  );
});

describe('a tool call', () => {
  test('that fails ends the attempt once the others of its turn have ended', async () => {
    const world = new ToolWorld(script([1, 2]));
    const book = tool({
      name: 'book-room',
      description: 'Books a room.',
      input: z.object({ room: z.number() }),
      whenUnknown: 'fail',
      run: async ({ room }) => {
        if (room === 1) throw new TerminalError('no such room');
        await world.system.sleep(1000);
        return 'booked';
      },
    });
    world.dispatch(taskMessage());
    await world.run(testAgent((ctx) => converse(ctx, [book])));
    expect(resultOf(world)).toMatchObject({ failure: { message: 'no such room' } });
    expect(world.ledger.callsOf(STEP).map(({ state }) => state)).toEqual([
      'succeeded',
      'failed',
      'succeeded',
    ]);
  });

  test('X4: may not use the context', async () => {
    const world = await talk(script([1]), (ctx) =>
      converse(ctx, [
        tool({
          name: 'book-room',
          description: 'Books a room.',
          input: z.object({ room: z.number() }),
          whenUnknown: 'fail',
          run: () => ctx.effect('inner', { whenUnknown: 'retry' }, async () => 1),
        }),
      ]),
    );
    expect(resultOf(world)).toMatchObject({
      failure: {
        code: 'CALL_NESTED',
        message: expect.stringContaining('inside the call of tool "book-room"'),
      },
    });
  });

  test('that gives nothing gives the model null', async () => {
    const quiet = tool({
      name: 'book-room',
      description: 'Books a room.',
      input: z.object({ room: z.number() }),
      whenUnknown: 'retry',
      run: async () => undefined,
    });
    const world = await talk(
      script([1]),
      async (ctx) => JSON.parse((await converse(ctx, [quiet])).text)[0],
    );
    expect(resultOf(world)).toMatchObject({ output: { ok: { output: null } } });
  });
});

test('a turn that is throttled is deferred; the copy goes on behind the calls that were made', async () => {
  const { book, calls } = bookingDesk('fail');
  let refusals = 1;
  const world = new ToolWorld((call) => {
    const isRefused = call.turns?.length === 1 && refusals-- > 0;
    if (isRefused) throw new RetryableError('429', { code: 'MODEL_THROTTLED' });
    return script([1])(call);
  });
  const agent = testAgent((ctx) => converse(ctx, [book]));
  world.dispatch(taskMessage());
  for (let i = 0; i < 10; i += 1) {
    await world.run(agent);
    await world.system.advance(1000);
  }
  expect(resultOf(world)).toMatchObject({ status: 'succeeded' });
  expect(calls).toHaveLength(1);
  expect(world.model.prompts).toHaveLength(3);
});

describe('tool', () => {
  const definition = {
    name: 'look-up',
    description: 'Looks up.',
    input: z.object({}),
    whenUnknown: 'retry',
    run: async () => 1,
  } as const;

  test.each([
    ['a name that providers refuse', { name: 'look up' }, 'kebab case'],
    ['a name of 65 characters', { name: 'x'.repeat(65) }, '64'],
    ['no description', { description: ' ' }, 'description'],
  ])('refuses %s', (_what, part, text) => {
    expect(() => tool({ ...definition, ...part })).toThrow(text);
  });
});
