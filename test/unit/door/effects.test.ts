import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import type { CallRecord, StepResult } from '#runtime/contracts/ledger.ts';
import { DoorWorld } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const STEP = { run: 'run-1', path: 'answer' };
type Context = Parameters<Parameters<typeof testAgent>[0]>[0];

const failureIn = (result: StepResult | undefined) =>
  result?.status === 'succeeded' ? null : result?.failure;

/** Runs two attempts of a step whose effect does what is given, with policy "fail". */
async function tryTwice(pay: (ctx: Context) => Promise<unknown>) {
  const world = new DoorWorld();
  let calls = 0;
  const agent = testAgent((ctx) =>
    ctx.effect('pay', { whenUnknown: 'fail' }, async () => {
      calls += 1;
      return pay(ctx);
    }),
  );
  for (const message of [taskMessage(), taskMessage({ attempt: attempt(1) })]) {
    world.dispatch(message);
    await world.run(agent);
  }
  const [first, second] = world.outcomes().map(({ result }) => failureIn(result));
  return { world, calls, first, second };
}

describe('an effect that says that it did not happen', () => {
  test.each([
    ['RetryableError', new RetryableError('503')],
    ['TerminalError', new TerminalError('no such account')],
  ])('with a %s is called again by the next attempt', async (_name, error) => {
    const { calls } = await tryTwice(() => Promise.reject(error));
    expect(calls).toBe(2);
  });
});

describe('R2: an effect whose call throws anything else is not called again', () => {
  test.each([
    ['an error that says nothing', new TypeError('connection reset')],
    ['an error of the platform', new RetryableError('503', { code: 'MODEL_UNAVAILABLE' })],
    ['a refusal of the platform', new TerminalError('no', { code: 'MODEL_REFUSED' })],
  ])('%s', async (_name, error) => {
    const { calls, second } = await tryTwice(() => Promise.reject(error));
    expect(calls).toBe(1);
    expect(second).toMatchObject({ code: 'EFFECT_UNCERTAIN' });
  });
});

test('X4: an effect in doubt stays so when its repeat is refused', async () => {
  const world = new DoorWorld();
  const errors = [new TypeError('connection reset'), new RetryableError('503')];
  const agent = testAgent((ctx) =>
    ctx.effect('pay', { whenUnknown: 'retry' }, () => Promise.reject(errors.shift())),
  );
  for (const message of [taskMessage(), taskMessage({ attempt: attempt(1) })]) {
    world.dispatch(message);
    await world.run(agent);
  }
  expect(errors).toEqual([]);
  expect(world.ledger.callsOf(STEP)).toMatchObject([{ state: 'started' }]);
});

describe('the context inside an effect', () => {
  test.each<readonly [string, (ctx: Context) => Promise<unknown>]>([
    ['model', ask],
    ['effect', (ctx) => ctx.effect('inner', { whenUnknown: 'retry' }, async () => 1)],
    ['emit', (ctx) => ctx.emit('room.booked', { room: '1' })],
  ])('X4: refuses %s, and the effect counts as begun', async (method, call) => {
    const { world, calls, first, second } = await tryTwice(call);
    expect(first).toMatchObject({ code: 'CALL_NESTED', name: 'Agent.Terminal' });
    expect(first?.message).toContain(`ctx.${method} was called inside effect "pay"`);
    expect(second).toMatchObject({ code: 'EFFECT_UNCERTAIN' });
    expect(calls).toBe(1);
    expect(world.model.prompts).toEqual([]);
    expect(world.ledger.callsOf(STEP)).toMatchObject([{ call: 'effect:pay', state: 'started' }]);
  });

  test('takes other calls beside an effect', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent(async (ctx) => {
        const pay = ctx.effect('pay', { whenUnknown: 'fail' }, () => world.system.sleep(1000));
        const { object } = await ask(ctx);
        await pay;
        return object.reply;
      }),
    );
    expect(world.outcomes()).toMatchObject([{ result: { output: { ok: 'yes' } } }]);
  });
});

describe('an effect whose result cannot be kept', () => {
  test.each([
    ['no JSON', { at: new Date(0) }, 'OUTPUT_INVALID'],
    ['too large', 'x'.repeat(500_000), 'OUTPUT_TOO_LARGE'],
  ])(
    'X5: %s: has happened, and every attempt that asks is told so',
    async (_what, result, code) => {
      const { world, calls, first, second } = await tryTwice(async () => result);
      expect(calls).toBe(1);
      for (const failure of [first, second]) {
        expect(failure).toMatchObject({ code, message: expect.stringContaining('"pay" happened') });
      }
      expect(world.ledger.callsOf(STEP)).toMatchObject([{ state: 'succeeded', unkept: { code } }]);
      expect(world.eventTypes()).toContain('signalbox.call.succeeded');
    },
  );
});

test("a failed effect whose failure cannot be recorded keeps its author's error", async () => {
  const world = new DoorWorld();
  const put = async (write: { record: CallRecord; expectedRev: number | null }) => {
    if (write.record.state === 'failed') throw new TypeError('ledger away');
    return world.ledger.calls.put(write);
  };
  world.dispatch(taskMessage());
  await world.run(
    testAgent((ctx) =>
      ctx.effect('pay', { whenUnknown: 'retry' }, () =>
        Promise.reject(new TerminalError('the card is stolen')),
      ),
    ),
    { ports: { ...world.ports, calls: { ...world.ledger.calls, put } } },
  );
  expect(world.outcomes()).toMatchObject([
    { result: { failure: { code: 'TERMINAL', message: 'the card is stolen' } } },
  ]);
  expect(world.ledger.callsOf(STEP)).toMatchObject([{ state: 'started' }]);
});
