import { expectTypeOf, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';

const shape = { timeoutSeconds: 5, input: z.object({}), output: z.object({}) };
const plain = agentContract({ ...shape, name: 'write-text' });
const typed = agentContract({
  ...shape,
  name: 'write-chapters',
  partialOutput: z.object({ chapters: z.array(z.string()) }),
  events: { 'chapter.written': z.object({ title: z.string() }) },
});

test('without a partialOutput an agent shows text', () => {
  serveAgent(plain, async (_input, ctx) => {
    ctx.partial('more');
    // @ts-expect-error no value is declared
    ctx.partial({ chapters: [] });
    expectTypeOf(ctx.attempts[0]?.partial).toEqualTypeOf<string | undefined>();
    return {};
  });
});

test('with a partialOutput it shows such values, and a retry gets them typed', () => {
  serveAgent(typed, async (_input, ctx) => {
    ctx.partial({ chapters: ['one'] });
    // @ts-expect-error of another shape
    ctx.partial({ chapters: 'one' });
    // @ts-expect-error no text
    ctx.partial('one');
    expectTypeOf(ctx.attempts[0]?.partial?.chapters).toEqualTypeOf<string[] | undefined>();
    await ctx.emit('chapter.written', { title: 'one' });
    return {};
  });
});

test('a tool is called with what its schema gives, and says what to do when nobody knows', () => {
  const definition = {
    name: 'look-up',
    description: 'Looks up.',
    input: z.object({ id: z.string() }),
  };
  const lookUp = tool({
    ...definition,
    whenUnknown: 'retry',
    run: async (input, idempotencyKey, signal) => {
      expectTypeOf(input).toEqualTypeOf<{ id: string }>();
      expectTypeOf(idempotencyKey).toEqualTypeOf<string>();
      expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
      return 1;
    },
  });
  // @ts-expect-error whenUnknown has no default
  tool({ ...definition, run: async () => 1 });
  serveAgent(plain, async (_input, ctx) => {
    const call = { prompt: 'Do it.', maxOutputTokens: 10, tools: [lookUp] };
    const { object } = await ctx.model('talk', { ...call, output: z.object({ ok: z.boolean() }) });
    expectTypeOf(object).toEqualTypeOf<{ ok: boolean }>();
    return {};
  });
});
