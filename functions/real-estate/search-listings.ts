import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { MOST_HOMES, searchListings } from './contracts.ts';
import { allHomes } from './homes.ts';
import { fittingHomes } from './listings.ts';

export const handler = serveAgent(searchListings, async (wanted, ctx) => {
  const homes = fittingHomes(await allHomes(), wanted);
  const fitting = homes.length;
  await ctx.emit('listings.found', { homes: homes.slice(0, MOST_HOMES), fitting });
  return { fitting };
});
