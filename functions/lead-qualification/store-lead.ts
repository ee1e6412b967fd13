import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { storeLead } from './contracts.ts';
import { crmAt } from './crm.ts';
import { crmUrl } from './environment.ts';

export const handler = serveAgent(storeLead, async (qualification, ctx) => {
  const crm = crmAt(crmUrl());
  const { id } = await ctx.effect(
    'qualification',
    // The customer system writes once for one key.
    { whenUnknown: 'retry', quota: 'crm' },
    (idempotencyKey) => crm.qualify(qualification, { idempotencyKey, signal: ctx.signal }),
  );
  await ctx.emit('lead.qualified', qualification);
  return { qualificationId: id };
});
