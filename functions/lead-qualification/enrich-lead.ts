import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { enrichLead } from './contracts.ts';
import { crmAt } from './crm.ts';
import { crmUrl } from './environment.ts';

export const handler = serveAgent(enrichLead, async ({ leadId }, ctx) => {
  const crm = crmAt(crmUrl());
  // It only reads, so asking again does no harm; on record, a retry of the step does not ask again.
  const history = await ctx.effect('history', { whenUnknown: 'retry', quota: 'crm' }, () =>
    crm.history(leadId, ctx.signal),
  );
  return { history };
});
