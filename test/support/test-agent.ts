import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import type { AgentContext } from '#runtime/contracts/agent-context.ts';
import { type AgentCode, agentCode } from '#runtime/lambda/agent-code.ts';
import { AGENT } from './steps.ts';

const contract = agentContract({
  name: AGENT,
  timeoutSeconds: 60,
  input: z.object({ query: z.string() }),
  output: z.object({ ok: z.unknown() }),
  errors: ['NoRoom'],
  events: { 'room.booked': z.object({ room: z.string() }) },
});

type Context = AgentContext<NonNullable<(typeof contract)['events']>>;

/** An agent of the test's own code; its output is `{ ok: <what the code gives> }`. */
export const testAgent = (
  run: (ctx: Context, query: string) => Promise<unknown>,
  quotas: readonly string[] = [],
): AgentCode =>
  agentCode({ ...contract, quotas }, async ({ query }, ctx) => ({ ok: await run(ctx, query) }));

const Reply = z.object({ reply: z.string() });

/** A model call as most tests need it. */
export const ask = (ctx: Context) =>
  ctx.model('ask', { prompt: 'why?', output: Reply, maxOutputTokens: 10 });
