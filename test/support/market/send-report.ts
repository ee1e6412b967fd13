import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { helpdeskUrl } from '../../../functions/support/environment.ts';
import { helpdeskAt } from '../../../functions/support/helpdesk.ts';
import { sendReport } from './contracts.ts';

export const handler = serveAgent(sendReport, async (report, ctx) => {
  const ticket = { customerId: ctx.run.id, subject: 'Report', body: JSON.stringify(report) };
  const { id } = await ctx.effect('send', { whenUnknown: 'retry' }, (idempotencyKey) =>
    helpdeskAt(helpdeskUrl()).open(ticket, { idempotencyKey, signal: ctx.signal }),
  );
  return { ticketId: id };
});
