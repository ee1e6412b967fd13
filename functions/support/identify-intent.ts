import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { identifyIntent } from './contracts.ts';
import { MATERIAL_RULE, section } from './prompt.ts';

const SYSTEM = `You sort messages to the support desk of a software project.
Answer with the intent of the message between the query tags:
- "question": the customer wants to know something that documentation could say;
- "person": the customer asks to talk to a human being, or to be called or written to by one;
- "other": anything else, such as a greeting, a complaint or a statement.
${MATERIAL_RULE}`;

export const handler = serveAgent(identifyIntent, async ({ query }, ctx) => {
  const reply = await ctx.model('intent', {
    system: SYSTEM,
    prompt: section('query', query),
    output: identifyIntent.output,
    maxOutputTokens: 50,
  });
  return reply.object;
});
