/** What an agent shows before it has an output survives, whoever ends the attempt. */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import { RetryableError } from '#runtime/contracts/errors.ts';
import type { CallRecord } from '#runtime/contracts/ledger.ts';
import { withinLimits } from '#runtime/core/outcome-size.ts';
import { grown, PARTIAL_MAX_BYTES } from '#runtime/core/partial-output.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { AGENT, attempt, failedWith, NOW, stepOutcome, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const STEP = { run: 'run-1', path: 'answer' };
const REDELIVERY_MS = 32_000;

const recorded = (world: DoorWorld): CallRecord | undefined =>
  world.ledger.callsOf(STEP).find(({ call }) => call === 'partial:0.0.0');

const told = (world: DoorWorld) =>
  [...new Map(world.events.events.map((event) => [event.id, event])).values()].flatMap(
    ({ type, data }) => (type === 'signalbox.output.partial' ? [data] : []),
  );

/** Shows each of the texts, a second apart, then does what is given. */
const showing = (world: DoorWorld, texts: readonly string[], end: () => Promise<unknown>) =>
  testAgent(async (ctx) => {
    for (const text of texts) {
      ctx.partial(text);
      await world.system.sleep(1000, ctx.signal);
    }
    return end();
  });

const hang = () => new Promise<never>(() => undefined);

/** A worker shows the texts and dies. */
async function dieShowing(texts: readonly string[]) {
  const world = new DoorWorld();
  const life = new Life();
  world.dispatch(taskMessage({ deadlineMs: NOW + 100_000 }));
  const dying = showing(world, texts, async () => life.kill());
  const work = world.work(dying, { ports: life.ports(world.ports) });
  await world.system.run(Promise.race([work, life.died]));
  await world.system.advance(REDELIVERY_MS);
  return world;
}

describe('a partial output', () => {
  test('is recorded within 250 ms, in one write for all that was shown till then', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => {
      ctx.partial('one ');
      ctx.partial('two');
      await world.system.sleep(251);
      return recorded(world)?.result;
    });
    await world.run(agent);
    expect(world.outcomes()).toMatchObject([{ result: { output: { ok: { text: 'one two' } } } }]);
    expect(recorded(world)).toMatchObject({ rev: 1 });
  });

  test('is recorded at once when 8 KiB wait', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => {
      ctx.partial('x'.repeat(8192));
      await world.system.sleep(1);
      return recorded(world) !== undefined;
    });
    await world.run(agent);
    expect(world.outcomes()).toMatchObject([{ result: { output: { ok: true } } }]);
  });

  test('is told bit by bit, each once, with its offset', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(showing(world, ['one', ' two'], async () => 'done'));
    expect(told(world)).toEqual([
      { agent: AGENT, text: 'one', offset: 0 },
      { agent: AGENT, text: ' two', offset: 3 },
    ]);
  });

  test('is told to its end, however soon the attempt ends', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => ctx.partial('one'));
    await world.run(agent);
    expect(told(world)).toEqual([{ agent: AGENT, text: 'one', offset: 0 }]);
    expect(world.outcomes()[0]).not.toHaveProperty('partial');
  });

  test('never ends with half of a character', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const [high = '', low = ''] = '😀'.split('');
    await world.run(showing(world, [`a${high}`, `${low}b`], async () => 'done'));
    expect(told(world)).toEqual([
      { agent: AGENT, text: 'a', offset: 0 },
      { agent: AGENT, text: '😀b', offset: 1 },
    ]);
  });
});

describe('R9: a partial output reaches the next attempt', () => {
  const second = taskMessage({ attempt: attempt(1) });
  const seen = testAgent(async (ctx) => ctx.attempts);

  test('when its attempt failed', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const fail = () => Promise.reject(new RetryableError('cite a passage'));
    await world.run(showing(world, ['half an ', 'answer'], fail));
    world.dispatch(second);
    await world.run(seen);
    expect(world.outcomes()[1]).toMatchObject({
      result: {
        output: { ok: [{ error: { message: 'cite a passage' }, partial: 'half an answer' }] },
      },
    });
  });

  test('when its attempt overran its time', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(showing(world, ['half'], hang));
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { code: 'TIMEOUT' } }, partial: { text: 'half' } },
    ]);
  });

  test('when its worker died and the next one failed without showing anything', async () => {
    const world = await dieShowing(['half']);
    await world.run(testAgent(() => Promise.reject(new RetryableError('no'))));
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { message: 'no' } }, partial: { text: 'half' } },
    ]);
  });

  test("as the newest holder's own, once it has shown something", async () => {
    const world = await dieShowing(['half an answer']);
    await world.run(showing(world, ['anew'], () => Promise.reject(new RetryableError('no'))));
    expect(world.outcomes()).toMatchObject([{ partial: { text: 'anew' } }]);
    expect(told(world)).toHaveLength(2);
  });
});

describe('a partial output of a worker that died is kept by who ends the step', () => {
  const never = testAgent(() => Promise.reject(new Error('must not run')));

  test('because its deadline has passed', async () => {
    const world = await dieShowing(['half']);
    await world.system.advance(100_000);
    await world.run(never);
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { code: 'DEADLINE_EXCEEDED' } }, partial: { text: 'half' } },
    ]);
  });

  test('because its run was stopped', async () => {
    const world = await dieShowing(['half']);
    await world.stop();
    await world.run(never);
    expect(world.outcomes()).toMatchObject([
      { result: { status: 'stopped' }, partial: { text: 'half' } },
    ]);
  });

  test('because too many workers died of it', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    for (let start = 0; start < 6; start += 1) {
      const life = new Life();
      const dying = showing(world, [`start ${start}`], async () => life.kill());
      const work = world.work(dying, { ports: life.ports(world.ports) });
      await world.system.run(Promise.race([work, life.died]));
      await world.system.advance(REDELIVERY_MS);
    }
    await world.run(never);
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { code: 'DEAD_LETTERED' } }, partial: { text: 'start 5' } },
    ]);
    // R4: what each of them had recorded was told.
    expect(told(world)).toHaveLength(6);
  });

  test('because it was stopped while it was deferred', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => {
      ctx.partial('half');
      throw new RetryableError('429', { retryAfterSeconds: 20 });
    });
    await world.run(agent);
    await world.stop();
    await world.system.advance(25_000);
    await world.run(never);
    expect(world.outcomes()).toMatchObject([
      { result: { status: 'stopped' }, partial: { text: 'half' } },
    ]);
  });
});

describe('a partial output and its troubles', () => {
  const failing = () => Promise.reject(new RetryableError('no'));

  test('a ledger that refuses it ends nothing; it is recorded when the ledger is back', async () => {
    const world = new DoorWorld();
    let refusals = 1;
    const put = async (write: { record: CallRecord; expectedRev: number | null }) => {
      refusals -= 1;
      if (refusals >= 0) throw new TypeError('away');
      return world.ledger.calls.put(write);
    };
    const ports = { ...world.ports, calls: { ...world.ledger.calls, put } };
    world.dispatch(taskMessage());
    await world.run(showing(world, ['a', 'b', 'c', 'd'], failing), { ports });
    expect(world.outcomes()).toMatchObject([{ partial: { text: 'abcd' } }]);
    expect(recorded(world)?.result).toEqual({ text: 'abcd' });
    expect(told(world).map((data) => Object(data).text)).toEqual(['a', 'bc', 'd']);
  });

  test('R4: a write whose answer was lost is told once', async () => {
    const world = new DoorWorld();
    let isLost = false;
    const put = async (write: { record: CallRecord; expectedRev: number | null }) => {
      const answer = await world.ledger.calls.put(write);
      if (isLost) return answer;
      isLost = true;
      throw new TypeError('reset');
    };
    const ports = { ...world.ports, calls: { ...world.ledger.calls, put } };
    world.dispatch(taskMessage());
    await world.run(showing(world, ['a', 'b', 'c', 'd'], failing), { ports });
    expect(told(world).map((data) => Object(data).text)).toEqual(['a', 'bc', 'd']);
  });

  test('R4: while the stream is away, the record keeps the event that it does not have', async () => {
    const world = new DoorWorld();
    const events = { append: () => Promise.reject(new TypeError('away')) };
    world.dispatch(taskMessage());
    const life = new Life();
    const dying = showing(world, ['a', 'b', 'c'], async () => life.kill());
    const ports = life.ports({ ...world.ports, events });
    await world.system.run(Promise.race([world.work(dying, { ports }), life.died]));
    expect(recorded(world)).toMatchObject({
      result: { text: 'abc' },
      events: [{ data: { text: 'a' } }],
    });
    await world.system.advance(REDELIVERY_MS);
    await world.run(showing(world, ['x'], failing));
    expect(told(world).map((data) => Object(data).text)).toEqual(['a', 'x']);
  });

  test('it takes nothing once the attempt is over, and throws nothing', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const late = Promise.withResolvers<void>();
    const agent = testAgent(async (ctx) => {
      void world.system.sleep(10).then(() => {
        ctx.partial('late');
        late.resolve();
      });
      return 'done';
    });
    await world.run(agent);
    await world.system.run(late.promise);
    expect(told(world)).toEqual([]);
  });

  test('X4: it may not be used inside an effect', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      testAgent((ctx) => ctx.effect('pay', { whenUnknown: 'fail' }, async () => ctx.partial('x'))),
    );
    expect(world.outcomes()).toMatchObject([{ result: { failure: { code: 'CALL_NESTED' } } }]);
  });
});

describe('a contract with a partialOutput', () => {
  const contract = agentContract({
    name: AGENT,
    timeoutSeconds: 60,
    input: z.object({ query: z.string() }),
    output: z.object({ ok: z.unknown() }),
    partialOutput: z.object({ found: z.array(z.string()) }),
  });
  type Context = AgentContext<
    NonNullable<(typeof contract)['events']>,
    NonNullable<(typeof contract)['partialOutput']>
  >;

  async function run(...agents: readonly ((ctx: Context) => Promise<unknown>)[]) {
    const world = new DoorWorld();
    for (const [retry, agent] of agents.entries()) {
      world.dispatch(taskMessage({ attempt: attempt(retry) }));
      await world.run(agentCode(contract, async (_input, ctx) => ({ ok: await agent(ctx) })));
    }
    return world;
  }

  test('shows whole values, the newest of which counts, typed', async () => {
    const world = await run(
      async (ctx) => {
        ctx.partial({ found: ['a'] });
        ctx.partial({ found: ['a', 'b'] });
        throw new RetryableError('no');
      },
      async (ctx) => ctx.attempts[0]?.partial?.found.length,
    );
    expect(world.outcomes()).toMatchObject([
      { partial: { value: { found: ['a', 'b'] } } },
      { result: { output: { ok: 2 } } },
    ]);
    expect(told(world)).toEqual([{ agent: AGENT, value: { found: ['a', 'b'] } }]);
  });

  test.each<readonly [string, unknown, string, string]>([
    ['of another shape', { found: 'a' }, 'OUTPUT_INVALID', 'found'],
    ['with a reference', { found: [], $sbref: {} }, 'OUTPUT_INVALID', '$sbref'],
    ['too large', { found: ['x'.repeat(PARTIAL_MAX_BYTES)] }, 'OUTPUT_TOO_LARGE', '32768'],
  ])('refuses a value %s', async (_what, value, code, text) => {
    const loose = { ...contract, partialOutput: z.looseObject({ found: z.array(z.string()) }) };
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(
      agentCode(loose, async (_input, ctx) => ({ ok: ctx.partial(value as { found: string[] }) })),
    );
    expect(world.outcomes()).toMatchObject([
      { result: { failure: { code, message: expect.stringContaining(text) } } },
    ]);
  });
});

describe('Z1: text', () => {
  test.each(['x', 'ä', '😀', '"', '\n', '\u0001'])(
    'of %j is cut at 32 KiB of JSON',
    (character) => {
      let shown = grown(null, { text: '' });
      for (let i = 0; i < 70; i += 1) shown = grown(shown, { text: character.repeat(1000) });
      const { text } = shown.partial as { text: string };
      const bytes = Buffer.byteLength(JSON.stringify(text)) - 2;
      expect(bytes).toBe(shown.bytes);
      expect(bytes).toBeLessThanOrEqual(PARTIAL_MAX_BYTES);
      expect(bytes).toBeGreaterThan(PARTIAL_MAX_BYTES - 6);
    },
  );
});

test('V2: a step keeps the newest partial outputs only', () => {
  const outcomes = Array.from({ length: 10 }, (_, retry) =>
    stepOutcome({
      attempt: attempt(retry),
      result: failedWith(),
      partial: { text: 'x'.repeat(PARTIAL_MAX_BYTES) },
    }),
  );
  const kept = withinLimits(outcomes);
  expect(kept.map(({ partial }) => partial !== undefined)).toEqual([
    ...Array.from({ length: 8 }, () => false),
    true,
    true,
  ]);
  expect(kept.map(({ attempt: { retry } }) => retry)).toEqual(outcomes.map((_, i) => i));
});
