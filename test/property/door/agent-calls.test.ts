/**
 * Wherever a worker dies in a conversation with tools, an effect and partial outputs: every call outside
 * is made once, and what was recorded is told.
 */
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { isPartialEvent, partialOf } from '#runtime/core/partial-history.ts';
import { platformEvents } from '#runtime/core/platform-event.ts';
import { callTools, ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const STEP = { run: 'run-1', path: 'answer' };
const TOKEN = taskMessage().taskToken;
const REDELIVERY_MS = 32_000;
/** More interactions than a whole delivery has. */
const MAX_INTERACTIONS = 80;

class World extends DoorWorld {
  override readonly model = new ScriptedModel(({ turns = [] }) =>
    turns.length < 2
      ? callTools(
          { name: 'book-room', input: { room: turns.length } },
          { name: 'book-room', input: { room: 7 } },
        )
      : 'booked',
  );
  /** Idempotency keys that the world outside has seen. */
  readonly performed: string[] = [];

  agent(life: Life, policy: 'retry' | 'fail', fails = false) {
    const outside = (key: string) =>
      life.live(async () => {
        this.performed.push(key);
        return 'done';
      });
    const book = tool({
      name: 'book-room',
      description: 'Books a room.',
      input: z.object({ room: z.number() }),
      whenUnknown: policy,
      run: (_input, key) => outside(key),
    });
    return testAgent(async (ctx) => {
      ctx.partial('asking. ');
      await this.system.sleep(300, ctx.signal);
      const call = { prompt: 'Book.', maxOutputTokens: 10, tools: [book] };
      const { text } = await ctx.model('talk', call);
      ctx.partial('talked. ');
      await this.system.sleep(300, ctx.signal);
      await ctx.effect('pay', { whenUnknown: policy }, outside);
      ctx.partial('paid.');
      if (fails) throw new RetryableError('not good enough');
      return text;
    });
  }

  /** One delivery; gives how many interactions it had. */
  async deliver(policy: 'retry' | 'fail', life: Life, fails = false): Promise<number> {
    const work = this.work(this.agent(life, policy, fails), { ports: life.ports(this.ports) });
    await this.system.run(Promise.race([work, life.died]));
    await this.system.advance(REDELIVERY_MS);
    return life.interactions;
  }

  untold(): readonly string[] {
    const told = new Set(this.events.events.map(({ id }) => id));
    return this.ledger
      .callsOf(STEP)
      .flatMap(({ events }) => events.filter(({ id }) => !told.has(id)).map(({ type }) => type));
  }

  /** Holders whose partial output was told with a gap. */
  gaps(): readonly string[] {
    const parts = platformEvents(this.events.events).filter(isPartialEvent);
    const byHolder = Map.groupBy(parts, ({ attempt: id, fence }) => `${id}#${fence}`);
    return [...byHolder].flatMap(([holder, told]) => {
      const text = told.map(({ data }) => data.text).join('');
      return partialOf(told) === null || Object(partialOf(told)).text !== text ? [holder] : [];
    });
  }
}

const deaths = Array.from({ length: MAX_INTERACTIONS }, (_, i) => i + 1).flatMap((at) =>
  (['before', 'after'] as const).map((when) => ({ at, when })),
);

/** A worker dies once, others go on until the step is answered. */
async function dieOnce(death: (typeof deaths)[number], policy: 'retry' | 'fail') {
  const world = new World();
  world.dispatch(taskMessage());
  await world.deliver(policy, new Life(death));
  while (world.tasks.answerTo(TOKEN) === null) await world.deliver(policy, new Life());
  const [outcome] = world.outcomes();
  const isKnown = outcome?.result.status === 'succeeded';
  return { where: `${death.when} ${death.at}`, world, outcome, isKnown };
}

const repeats = ({ performed }: World): number => performed.length - new Set(performed).size;

describe.each(['retry', 'fail'] as const)('R2, R4, R9: with the policy "%s"', (policy) => {
  test('a worker may die anywhere', async () => {
    const histories = [];
    for (const death of deaths) histories.push(await dieOnce(death, policy));
    for (const { where, world } of histories) {
      expect(world.untold(), where).toEqual([]);
      expect(world.gaps(), where).toEqual([]);
      // With "retry" the calls of which nobody knows are made again, with the same key.
      expect(repeats(world), where).toBeLessThanOrEqual(policy === 'retry' ? 2 : 0);
    }
    for (const { where, world } of histories.filter(({ isKnown }) => isKnown)) {
      expect(new Set(world.performed).size, where).toBe(5);
    }
    const unknown = histories.filter(({ isKnown }) => !isKnown);
    expect(unknown.length > 0).toBe(policy === 'fail');
    for (const { where, outcome } of unknown) {
      expect(outcome?.result, where).toMatchObject({ failure: { code: 'EFFECT_UNCERTAIN' } });
      expect(outcome?.partial, where).toBeDefined();
    }
  });

  test('a failed attempt and its retry call each tool once', async () => {
    const world = new World();
    for (const retry of [0, 1]) {
      world.dispatch(taskMessage({ attempt: attempt(retry) }));
      await world.deliver(policy, new Life(), retry === 0);
    }
    expect(world.model.prompts).toHaveLength(6);
    expect(world.performed).toHaveLength(5);
    expect(world.outcomes()).toMatchObject([
      { partial: { text: 'asking. talked. paid.' } },
      { result: { status: 'succeeded' } },
    ]);
  });
});

test('the deaths reach past the end of a delivery', async () => {
  const world = new World();
  world.dispatch(taskMessage());
  const interactions = await world.deliver('retry', new Life());
  expect(interactions).toBeGreaterThan(30);
  expect(interactions).toBeLessThan(MAX_INTERACTIONS);
});
