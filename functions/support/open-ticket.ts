import * as z from 'zod/mini';
import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { type HandoffReason, type Intent, openTicket } from './contracts.ts';
import { helpdeskUrl } from './environment.ts';
import { askHelpdesk, helpdeskAt } from './helpdesk.ts';
import { MATERIAL_RULE, section } from './prompt.ts';

const SYSTEM = `You write tickets for the people at a support desk.
"subject" is the customer's matter in at most ten words; "summary" says in at most three sentences what they want and what they have said about it.
Add nothing that the query does not say.
${MATERIAL_RULE}`;

/** Bounds, so that what a model makes of a message is a ticket that the helpdesk takes. */
const text = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));
const Summary = z.object({ subject: text(200), summary: text(2000) });

const REASONS: Readonly<Record<Intent, HandoffReason>> = {
  person: 'person-requested',
  question: 'not-answered',
  other: 'not-a-question',
};

export const handler = serveAgent(openTicket, async ({ query, customerId, intent }, ctx) => {
  const reason = REASONS[intent];
  const helpdesk = helpdeskAt(helpdeskUrl());
  const { object } = await ctx.model('summary', {
    system: SYSTEM,
    prompt: `${section('context', `Reason of the handoff: ${reason}`)}\n\n${section('query', query)}`,
    output: Summary,
    maxOutputTokens: 300,
  });
  const ticket = await ctx.effect(
    'open-ticket',
    { whenUnknown: askHelpdesk(helpdesk) },
    (idempotencyKey) =>
      helpdesk.open(
        {
          customerId,
          subject: object.subject,
          body: `${object.summary}\n\nReason: ${reason}\nQuery: ${query}`,
        },
        { idempotencyKey, signal: ctx.signal },
      ),
  );
  await ctx.emit('ticket.opened', { ticketId: ticket.id, reason });
  return { ticketId: ticket.id, reason, summary: object.summary };
});
