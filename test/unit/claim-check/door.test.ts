import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { hash } from '#runtime/core/hash.ts';
import { referencesIn } from '#runtime/core/payload-references.ts';
import { agentCode } from '#runtime/lambda/agent-code.ts';
import type { PayloadStore } from '#runtime/ports.ts';
import { DoorWorld } from '../../support/door-world.ts';
import {
  AGENT,
  attempt,
  NOW,
  runRecord,
  stepOutcome,
  stepRecord,
  success,
  taskMessage,
} from '../../support/steps.ts';
import { ask, testAgent } from '../../support/test-agent.ts';

const TOKEN = taskMessage().taskToken;
const LARGE = Array.from({ length: 60_000 }, (_, i) => ({ id: i, title: `item ${i} é` }));
const LARGE_TEXT = JSON.stringify(LARGE);
const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');
const SHA = sha256Of(LARGE_TEXT);
const reference = (sha256 = SHA, bytes = 5) => ({ $sbref: { sha256, bytes } });

/** An agent that takes and gives anything, and tells what it got. */
const anyAgent = (run: (input: unknown) => unknown) =>
  agentCode(
    agentContract({
      name: AGENT,
      timeoutSeconds: 60,
      input: z.unknown(),
      output: z.unknown(),
    }),
    async (input) => run(input),
  );

describe('an output that is too large to travel', () => {
  test('is kept under its own tenant and run, recorded and answered by reference', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    await world.run(testAgent(async () => LARGE));
    const answer = world.tasks.answerTo(TOKEN);
    const [outcome] = world.outcomes();
    expect(outcome?.result).toMatchObject({ status: 'succeeded' });
    expect(answer).toEqual({ kind: 'succeeded', output: outputOf(outcome) });
    const [found] = referencesIn(outputOf(outcome));
    expect(found?.place).toBe('$.ok');
    expect(world.payloads.keys).toEqual([`default/run-1/${found?.reference?.sha256}`]);
  });

  test('B8: is kept before it is recorded, so that no record refers to nothing', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const order: string[] = [];
    const ports = {
      ...world.ports,
      payloads: told(world.payloads, () => order.push('kept')),
      steps: new Proxy(world.ports.steps, {
        get: (steps, name) =>
          name === 'put'
            ? (write: Parameters<typeof steps.put>[0]) => {
                if (write.record.outcomes.length > 0) order.push('recorded');
                return steps.put(write);
              }
            : Reflect.get(steps, name).bind(steps),
      }),
    };
    await world.run(
      testAgent(async () => LARGE),
      { ports },
    );
    expect(order).toEqual(['kept', 'recorded']);
  });

  test('R9: costs no second model call when the store was away as it was to be kept', async () => {
    const world = new DoorWorld();
    world.dispatch(taskMessage());
    const agent = testAgent(async (ctx) => [await ask(ctx), LARGE]);
    const away: PayloadStore = {
      get: () => Promise.reject(new Error('away')),
      put: () => Promise.reject(new Error('away')),
    };
    await world.run(agent, { ports: { ...world.ports, payloads: away } });
    expect(world.outcomes()).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toBeNull();
    await world.system.advance(60_000);
    await world.run(agent);
    expect(world.model.prompts).toHaveLength(1);
    expect(world.outcomes()).toMatchObject([
      { attempt: attempt(), result: { status: 'succeeded' } },
    ]);
  });
});

/** A payload of a run, and the reference to it. */
async function kept(world: DoorWorld, root = 'run-1', tenant = 'default') {
  await world.payloads.put({ tenant, root }, { sha256: SHA, text: LARGE_TEXT });
  return reference(SHA, LARGE_TEXT.length);
}

describe('an input with references', () => {
  test('is whole when the agent sees it, and hashed as it travels', async () => {
    const world = new DoorWorld();
    const input = { query: 'why?', items: await kept(world) };
    world.dispatch(taskMessage({ input }));
    const seen: unknown[] = [];
    await world.run(anyAgent((given) => seen.push(given)));
    expect(seen).toEqual([{ query: 'why?', items: LARGE }]);
    expect(world.ledger.step({ run: 'run-1', path: 'answer' })?.inputHash).toBe(hash(input));
  });

  test.each([
    ['another run', 'run-2', 'default'],
    ['another tenant', 'run-1', 'acme'],
  ])('B9: never reaches the payloads of %s', async (_whose, root, tenant) => {
    const world = new DoorWorld();
    const items = await kept(world, root, tenant);
    world.dispatch(taskMessage({ input: { items } }));
    await world.run(anyAgent(() => 'reached'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({
      kind: 'failed',
      error: 'Agent.InputInvalid',
      cause: expect.stringContaining('"code":"PAYLOAD_MISSING"'),
    });
  });

  test("B9: takes the tenant of the run's record, not the message's word", async () => {
    const world = new DoorWorld();
    const items = await kept(world, 'run-1', 'acme');
    await world.control({ tenant: 'default' });
    const message = taskMessage({ input: { items } });
    world.dispatch({ ...message, run: { ...message.run, tenant: 'acme' } });
    await world.run(anyAgent(() => 'reached'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ kind: 'failed' });
  });

  test('ends the step for good, and says so, when the payload has expired', async () => {
    const world = new DoorWorld();
    const items = await kept(world);
    world.payloads.expire();
    world.dispatch(taskMessage({ input: { deep: [items] } }));
    await world.run(anyAgent(() => 'never'));
    const [outcome] = world.outcomes();
    expect(outcome?.result).toMatchObject({
      status: 'failed',
      failure: {
        code: 'PAYLOAD_MISSING',
        retryable: false,
        message: expect.stringMatching(/\$\.deep\[0\] .* expired with the bucket's retention/),
      },
    });
  });
});

describe('a forged reference in a queue message', () => {
  test.each([
    ['an address', { $sbref: 's3://elsewhere/key' }],
    ['an owner', { $sbref: { sha256: SHA, bytes: 5, tenant: 'acme', root: 'run-9' } }],
    ['a path for a hash', { $sbref: { sha256: `../../acme/run-9/${SHA}`, bytes: 5 } }],
    ['something beside it', { ...reference(), more: 1 }],
    ['more bytes than a step may take', reference(SHA, 1e9)],
  ])('is refused: %s', async (_what, forged) => {
    const world = new DoorWorld();
    await kept(world);
    world.dispatch(taskMessage({ input: { query: 'x', at: [forged] } }));
    const seen: unknown[] = [];
    await world.run(anyAgent((given) => seen.push(given)));
    expect(seen).toEqual([]);
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({
      kind: 'failed',
      error: 'Agent.InputInvalid',
      cause: expect.stringContaining('INPUT_INVALID'),
    });
  });

  test('is refused when the payload itself holds one: it is not resolved again', async () => {
    const world = new DoorWorld();
    const text = JSON.stringify({ inner: reference('b'.repeat(64)) });
    const sha256 = sha256Of(text);
    await world.payloads.put({ tenant: 'default', root: 'run-1' }, { sha256, text });
    world.dispatch(taskMessage({ input: { query: reference(sha256, text.length) } }));
    await world.run(anyAgent(() => 'never'));
    expect(world.tasks.answerTo(TOKEN)).toMatchObject({ cause: expect.stringContaining('inner') });
  });
});

describe('a store of payloads that is away', () => {
  test('costs no start and no attempt', async () => {
    const world = new DoorWorld();
    const items = await kept(world);
    world.dispatch(taskMessage({ input: { items }, deadlineMs: NOW + 1e9 }));
    const away: PayloadStore = {
      get: () => Promise.reject(new Error('away')),
      put: () => Promise.reject(new Error('away')),
    };
    for (let i = 0; i < 8; i += 1) {
      await world.run(
        anyAgent(() => 'never'),
        { ports: { ...world.ports, payloads: away } },
      );
      await world.system.advance(900_000);
    }
    const step = () => world.ledger.step({ run: 'run-1', path: 'answer' });
    expect(step()).toBeNull();
    await world.run(anyAgent(() => 'at last'));
    expect(step()).toMatchObject({ starts: 1, outcomes: [{ result: { output: 'at last' } }] });
  });
});

describe('an outcome that a fork takes over', () => {
  const fork = async (world: DoorWorld) => {
    const output = { ok: await kept(world, 'run-0') };
    await world.ledger.steps.put({
      record: stepRecord({ run: 'run-0', outcomes: [stepOutcome({ result: success(output) })] }),
      expectedRev: null,
    });
    const before = new Date(NOW + 60_000).toISOString();
    await world.ledger.runs.put({
      record: runRecord({
        forkedFrom: { run: 'run-0', from: 'later', before, liveEffects: false },
      }),
      expectedRev: null,
    });
    world.dispatch(taskMessage());
    return output;
  };

  test('has its payloads under the new run', async () => {
    const world = new DoorWorld();
    const output = await fork(world);
    await world.run(testAgent(async () => 'run anew'));
    expect(world.tasks.answerTo(TOKEN)).toEqual({ kind: 'succeeded', output });
    expect(world.payloads.keys).toEqual([`default/run-0/${SHA}`, `default/run-1/${SHA}`]);
  });

  test('is not taken over when they have expired: the step is run', async () => {
    const world = new DoorWorld();
    await fork(world);
    world.payloads.expire();
    await world.run(testAgent(async () => 'run anew'));
    expect(world.tasks.answerTo(TOKEN)).toEqual({
      kind: 'succeeded',
      output: { ok: 'run anew' },
    });
  });
});

const outputOf = (outcome: ReturnType<DoorWorld['outcomes']>[number] | undefined): unknown =>
  outcome?.result.status === 'succeeded' ? outcome.result.output : undefined;

/** The store, telling of every payload that it keeps. */
const told = (store: PayloadStore, tell: () => void): PayloadStore => ({
  get: (owner, sha256) => store.get(owner, sha256),
  put: async (owner, payload) => {
    await store.put(owner, payload);
    tell();
  },
});
