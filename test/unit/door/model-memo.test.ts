/** R9: a crash replays what the model said, a failed attempt asks again, with what it has learned. */
import { expect, test } from 'vitest';
import { RetryableError } from '#runtime/contracts/errors.ts';
import { requestHash } from '#runtime/core/model-call.ts';
import { ScriptedModel } from '#runtime/testing/scripted-model.ts';
import { DoorWorld, Life } from '../../support/door-world.ts';
import { attempt, taskMessage } from '../../support/steps.ts';
import { testAgent } from '../../support/test-agent.ts';

const STEP = { run: 'run-1', path: 'answer' };
const REDELIVERY_MS = 32_000;

class TalkingWorld extends DoorWorld {
  #replies = 0;
  override readonly model = new ScriptedModel(() => {
    this.#replies += 1;
    return `reply ${this.#replies}`;
  });
}

/** Refuses every reply of the first attempts; a retry says in its prompt why. */
const pickyAgent = (accepted: string, world: DoorWorld, life?: Life) =>
  testAgent(async (ctx) => {
    const last = ctx.attempts.at(-1);
    const hint = last ? ` Not as before: ${last.error.message}` : '';
    const { text } = await ctx.model('answer', { prompt: `Why?${hint}`, maxOutputTokens: 10 });
    life?.kill();
    await world.system.sleep(1, ctx.signal);
    if (text !== accepted) throw new RetryableError(`"${text}" cites nothing`);
    return text;
  });

test('R9: the second attempt changes its prompt because of the first one and asks anew', async () => {
  const world = new TalkingWorld();
  for (const retry of [0, 1]) {
    world.dispatch(taskMessage({ attempt: attempt(retry) }));
    await world.run(pickyAgent('reply 2', world));
  }
  expect(world.model.prompts).toEqual(['Why?', 'Why? Not as before: "reply 1" cites nothing']);
  expect(world.outcomes()).toMatchObject([
    { result: { status: 'failed' } },
    { result: { output: { ok: 'reply 2' } } },
  ]);
});

test('R9: a failed attempt asks again even with the same prompt', async () => {
  const world = new TalkingWorld();
  const agent = testAgent(async (ctx) => {
    const { text } = await ctx.model('answer', { prompt: 'Why?', maxOutputTokens: 10 });
    if (text === 'reply 1') throw new RetryableError('cites nothing');
    return text;
  });
  for (const retry of [0, 1]) {
    world.dispatch(taskMessage({ attempt: attempt(retry) }));
    await world.run(agent);
  }
  expect(world.model.prompts).toEqual(['Why?', 'Why?']);
  expect(world.outcomes()[1]).toMatchObject({ result: { output: { ok: 'reply 2' } } });
});

test('R9: a retry whose worker dies gets the reply that its attempt has recorded', async () => {
  const world = new TalkingWorld();
  world.dispatch(taskMessage());
  await world.run(pickyAgent('reply 2', world));
  const life = new Life();
  world.dispatch(taskMessage({ attempt: attempt(1) }));
  const dying = world.work(pickyAgent('reply 2', world, life), { ports: life.ports(world.ports) });
  await world.system.run(Promise.race([dying, life.died]));
  await world.system.advance(REDELIVERY_MS);
  await world.run(pickyAgent('reply 2', world));
  expect(world.model.prompts).toHaveLength(2);
  expect(world.outcomes()[1]).toMatchObject({ result: { output: { ok: 'reply 2' } } });
});

test('the events of a model call carry the hash of what was asked, not the prompt', async () => {
  const world = new TalkingWorld();
  world.dispatch(taskMessage());
  await world.run(pickyAgent('reply 1', world));
  const expected = requestHash({ name: 'answer', prompt: 'Why?', maxOutputTokens: 10 });
  const calls = world.events.events.filter(({ type }) => type.startsWith('signalbox.call.'));
  expect(calls.map(({ data }) => Object(data).requestHash)).toEqual([expected, expected]);
  expect(JSON.stringify(calls)).not.toContain('Why?');
  expect(world.ledger.callsOf(STEP)[0]?.call).toBe(`model:answer:${expected}:0`);
});

test('the same question has the same hash under any name, another one has another', () => {
  const asked = { name: 'answer', prompt: 'Why?', maxOutputTokens: 10 };
  expect(requestHash({ ...asked, name: 'again' })).toBe(requestHash(asked));
  expect(requestHash({ ...asked, prompt: 'How?' })).not.toBe(requestHash(asked));
  expect(requestHash({ ...asked, turns: [{ reply: 1, answers: [] }] })).not.toBe(
    requestHash(asked),
  );
});
