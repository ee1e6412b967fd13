import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { classifyLead } from './contracts.ts';
import { leadText } from './lead-text.ts';

const SYSTEM = `You sort leads of a software company by who looks after them.
Answer with the segment of the lead that is described:
- "consumer": a household in the United States;
- "business": a company in the United States;
- "international": anybody outside the United States.`;

export const handler = serveAgent(classifyLead, async ({ lead }, ctx) => {
  const reply = await ctx.model('classify', {
    system: SYSTEM,
    prompt: leadText(lead),
    output: classifyLead.output,
    maxOutputTokens: 30,
  });
  return reply.object;
});
