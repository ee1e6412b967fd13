import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { extractPreferences } from './contracts.ts';
import { promptOf, SYSTEM } from './prompt.ts';

export const handler = serveAgent(extractPreferences, async ({ text, previous }, ctx) => {
  const { object } = await ctx.model('preferences', {
    system: SYSTEM,
    prompt: promptOf(text, previous),
    output: extractPreferences.output,
    maxOutputTokens: 60,
  });
  await ctx.emit('user.intent.identified', object);
  return object;
});
