import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { INLINE_BYTES } from '#runtime/contracts/task-message.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import type { ModelTurn } from '#runtime/ports.ts';
import { runAgent } from '#runtime/testing/run-agent.ts';
import { callTools } from '#runtime/testing/scripted-model.ts';

const bookRoom = agentContract({
  name: 'book-room',
  timeoutSeconds: 10,
  input: z.object({ guest: z.string() }),
  output: z.object({ room: z.string(), note: z.string() }),
  control: ['room'],
  errors: ['NoRoom'],
  events: { 'room.booked': z.object({ room: z.string() }) },
});

const handler = serveAgent(bookRoom, async ({ guest }, ctx) => {
  const last = ctx.attempts.at(-1)?.error.message ?? 'none';
  const reply = await ctx.model('greet', {
    prompt: `${guest}, last: ${last}`,
    output: z.object({ note: z.string() }),
    maxOutputTokens: 50,
  });
  if (guest === 'nobody') throw new TerminalError('all rooms are taken', { errorName: 'NoRoom' });
  const room = await ctx.effect(
    'book',
    { whenUnknown: 'retry' },
    async (key) => `room-${key.length}`,
  );
  await ctx.emit('room.booked', { room });
  return { room, note: reply.object.note };
});

const model = () => ({ note: 'welcome' });

describe('runAgent', () => {
  test('gives output, prompts, effects and domain events', async () => {
    const run = await runAgent(handler, { guest: 'Ann' }, { model });
    expect(run.failure).toBeUndefined();
    expect(run.output).toEqual({ room: 'room-32', note: 'welcome' });
    expect(run.prompts).toEqual(['Ann, last: none']);
    expect(run.effects).toEqual([
      { name: 'book', key: expect.stringMatching(/^[0-9a-f]{32}$/), result: 'room-32' },
    ]);
    expect(run.events).toEqual([{ type: 'room.booked', data: { room: 'room-32' } }]);
  });

  test('R9: a retry knows how earlier attempts failed', async () => {
    const attempts = [
      { error: { code: 'MODEL_OUTPUT_INVALID', message: 'cite a passage' } },
    ] as const;
    const run = await runAgent(handler, { guest: 'Ann' }, { model, attempts });
    expect(run.prompts).toEqual(['Ann, last: cite a passage']);
  });

  test('R2: a recorded effect is replayed, not performed', async () => {
    const run = await runAgent(handler, { guest: 'Ann' }, { model, recorded: { book: 'room-7' } });
    expect(run.output?.room).toBe('room-7');
    expect(run.effects.map(({ result }) => result)).toEqual(['room-7']);
  });

  test('a declared error keeps its name', async () => {
    const run = await runAgent(handler, { guest: 'nobody' }, { model });
    expect(run).toMatchObject({
      status: 'failed',
      failure: { code: 'TERMINAL', name: 'NoRoom', retryable: false },
    });
  });

  test('what the script throws, the model call throws', async () => {
    const run = await runAgent(
      handler,
      { guest: 'Ann' },
      {
        model: () => {
          throw new RetryableError('away', { code: 'MODEL_UNAVAILABLE' });
        },
      },
    );
    expect(run.failure).toMatchObject({ code: 'MODEL_UNAVAILABLE', retryable: true });
  });

  test('a model call without a script says what to do', async () => {
    const run = await runAgent(handler, { guest: 'Ann' });
    expect(run.failure?.message).toContain('give one in the option "model"');
  });

  test('an output is whole however large it is, and as large as in production', async () => {
    const contract = agentContract({
      name: 'write-much',
      timeoutSeconds: 5,
      input: z.object({ text: z.string(), length: z.number() }),
      output: z.object({ inline: z.string(), text: z.string() }),
      control: ['inline'],
    });
    const much = serveAgent(contract, async ({ text, length }) => ({
      text,
      inline: 'x'.repeat(length),
    }));
    const text = 'é'.repeat(1_000_000);
    expect((await runAgent(much, { text, length: 1 })).output).toEqual({ text, inline: 'x' });
    expect((await runAgent(much, { text: '', length: INLINE_BYTES })).failure).toMatchObject({
      code: 'OUTPUT_TOO_LARGE',
      message: expect.stringContaining('"inline"'),
    });
  });

  test('the clock stands where it is put', async () => {
    const clock = serveAgent(
      agentContract({
        name: 'tell-time',
        timeoutSeconds: 5,
        input: z.object({}),
        output: z.object({ left: z.number() }),
      }),
      async (_input, ctx) => ({
        left: ctx.deadline.getTime() - Date.parse('2030-05-01T00:00:00Z'),
      }),
    );
    const run = await runAgent(clock, {}, { now: new Date('2030-05-01T00:00:00Z') });
    expect(run.output).toEqual({ left: 900_000 });
  });
});

describe('runAgent of a reaction to a past event', () => {
  const run = (hasEffects: boolean, recorded = {}) =>
    runAgent(handler, { guest: 'Ann' }, { model, recorded, replay: { hasEffects } });

  test('X7: refuses effects that are not on record, unless the replay has effects', async () => {
    const refused = await run(false);
    expect(refused.failure).toMatchObject({ code: 'EFFECT_BLOCKED' });
    expect(refused.effects).toEqual([]);
    expect(await run(true)).toMatchObject({ status: 'succeeded' });
  });

  test('X7: returns what is on record', async () => {
    const replayed = await run(false, { book: 'room-7' });
    expect(replayed.output).toEqual({ room: 'room-7', note: 'welcome' });
  });
});

describe('runAgent with tools, partial outputs, deferrals and forks', () => {
  const lookUp = tool({
    name: 'look-up',
    description: 'Reads one document.',
    input: z.object({ id: z.string() }),
    whenUnknown: 'retry',
    run: async ({ id }) => `text of ${id}`,
  });
  const contract = agentContract({
    name: 'write-report',
    timeoutSeconds: 10,
    input: z.object({}),
    output: z.object({ report: z.string() }),
    partialOutput: z.object({ chapters: z.number() }),
  });
  const writer = serveAgent(contract, async (_input, ctx) => {
    ctx.partial({ chapters: ctx.attempts.at(-1)?.partial?.chapters ?? 0 });
    const { text } = await ctx.model('write', {
      prompt: 'Write.',
      maxOutputTokens: 10,
      tools: [lookUp],
    });
    const report = await ctx.effect('store', { whenUnknown: 'retry' }, async () => text);
    return { report };
  });
  const wanting = ({ turns = [] }: { readonly turns?: readonly ModelTurn[] }) =>
    turns.length === 0 ? callTools({ name: 'look-up', input: { id: 'a' } }) : 'done';

  test('gives the calls of tools, and what was shown', async () => {
    const run = await runAgent(writer, {}, { model: wanting });
    expect(run).toMatchObject({
      status: 'succeeded',
      output: { report: 'done' },
      partial: { chapters: 0 },
      prompts: ['Write.', 'Write.'],
      tools: [
        { name: 'look-up', key: expect.stringMatching(/^[0-9a-f]{32}$/), result: 'text of a' },
      ],
      effects: [{ name: 'store', result: 'done' }],
    });
  });

  test('R9: an attempt knows what the one before had to show', async () => {
    const error = { code: 'RETRYABLE', message: 'no' } as const;
    const attempts = [{ error, partial: { chapters: 3 } }];
    const run = await runAgent(writer, {}, { model: wanting, attempts });
    expect(run.partial?.chapters).toBe(3);
  });

  test('R2: a recorded call of a tool is replayed', async () => {
    const recordedTools = [{ name: 'look-up', input: { id: 'a' }, result: 'of before' }];
    const run = await runAgent(writer, {}, { model: wanting, recordedTools });
    expect(run.tools.map(({ result }) => result)).toEqual(['of before']);
  });

  test('shows that a throttled attempt is put off, until when and why', async () => {
    const model = () => {
      throw new RetryableError('429', { code: 'MODEL_THROTTLED', retryAfterSeconds: 10 });
    };
    const run = await runAgent(writer, {}, { model });
    expect(run).toMatchObject({
      status: 'deferred',
      partial: { chapters: 0 },
      deferral: { code: 'MODEL_THROTTLED', message: '429' },
    });
    const dueMs = run.deferral?.dueAt.getTime() ?? 0;
    expect(dueMs).toBeGreaterThanOrEqual(Date.parse('2026-01-01T00:00:10Z'));
  });

  test('X6: a fork takes over what is on record and refuses what is new', async () => {
    const recordedTools = [{ name: 'look-up', input: { id: 'a' }, result: 'of the origin' }];
    const fork = { recorded: { store: 'kept' }, recordedTools };
    expect(await runAgent(writer, {}, { model: wanting, fork })).toMatchObject({
      output: { report: 'kept' },
      tools: [{ result: 'of the origin' }],
    });
    const refused = await runAgent(writer, {}, { model: wanting, fork: { recordedTools } });
    expect(refused.failure).toMatchObject({ code: 'EFFECT_BLOCKED' });
    const live = await runAgent(writer, {}, { model: wanting, fork: { liveEffects: true } });
    expect(live.output).toEqual({ report: 'done' });
  });
});
