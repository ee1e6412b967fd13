import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { type Grade, qualifyLead } from './contracts.ts';
import { allHomes } from './homes.ts';
import { fittingHomes } from './listings.ts';

export const handler = serveAgent(qualifyLead, async ({ rooms, maxPrice }, ctx) => {
  const homes = await allHomes();
  const large = fittingHomes(homes, { rooms, maxPrice: null }).length;
  const affordable = fittingHomes(homes, { rooms, maxPrice }).length;
  const grade = maxPrice === null ? 'C' : gradeOf(affordable, large);
  await ctx.emit('lead.qualified', { grade });
  return { grade };
});

/** By the share of the homes with enough rooms that they can pay for. */
function gradeOf(affordable: number, large: number): Grade {
  if (affordable === 0) return 'C';
  return affordable > large / 2 ? 'A' : 'B';
}
