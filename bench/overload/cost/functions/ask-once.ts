import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { askOnce } from './contracts.ts';

export const handler = serveAgent(askOnce, async ({ number }, ctx) => {
  await ctx.model('question', { prompt: `What is ${number}?`, maxOutputTokens: 30 });
  return { number };
});
