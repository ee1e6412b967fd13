import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { printLabel } from './contracts.ts';
import { actOutside } from './outside.ts';

export const handler = serveAgent(printLabel, async ({ order }, ctx) => {
  await ctx.model('label', { prompt: `Write a label for order ${order}.`, maxOutputTokens: 50 });
  return { receipt: await actOutside(ctx, 'deduplicating') };
});
