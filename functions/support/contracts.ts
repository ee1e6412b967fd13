/**
 * The support workflow and its four agents: what each takes and gives.
 *
 * Boundary: schemas only. The workflow in `infra/workflows/support.ts` wires them, the agents beside
 * this file implement them.
 */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const Query = z.string().check(z.trim(), z.minLength(1), z.maxLength(4000));
const CustomerId = z.string().check(z.minLength(1), z.maxLength(128));

/** A place in the documentation: file from the project's root, headings from the outermost to the one that says it. */
const Citation = z.object({ file: z.string(), heading: z.string() });
export type Citation = z.infer<typeof Citation>;

/** A piece of documentation under one heading. `id` is its handle within one answer. */
const Passage = z.extend(Citation, { id: z.string(), text: z.string() });
export type Passage = z.infer<typeof Passage>;

/** What the customer wants: `question` = to know something, `person` = to talk to someone, `other` = anything else. */
const Intent = z.enum(['question', 'person', 'other']);
export type Intent = z.infer<typeof Intent>;

/** Why a person takes over. */
const HandoffReason = z.enum(['person-requested', 'not-answered', 'not-a-question']);
export type HandoffReason = z.infer<typeof HandoffReason>;

export const identifyIntent = agentContract({
  name: 'identify-intent',
  timeoutSeconds: 30,
  quotas: ['model:default'],
  input: z.object({ query: Query }),
  output: z.object({ intent: Intent }),
  control: ['intent'],
});

export const retrievePassages = agentContract({
  name: 'retrieve-passages',
  timeoutSeconds: 15,
  input: z.object({ query: Query, limit: z.int().check(z.minimum(1), z.maximum(20)) }),
  /** Best first; empty when nothing in the documentation shares a word with the query. */
  output: z.object({ passages: z.array(Passage) }),
});

export const answerQuestion = agentContract({
  name: 'answer-question',
  timeoutSeconds: 60,
  quotas: ['model:default'],
  input: z.object({ question: Query, passages: z.array(Passage) }),
  /** Not answerable: `answer` is empty and nothing is cited. */
  output: z.object({
    answerable: z.boolean(),
    answer: z.string(),
    citations: z.array(Citation),
  }),
  control: ['answerable'],
});

export const openTicket = agentContract({
  name: 'open-ticket',
  timeoutSeconds: 45,
  quotas: ['model:default'],
  input: z.object({ query: Query, customerId: CustomerId, intent: Intent }),
  output: z.object({ ticketId: z.string(), reason: HandoffReason, summary: z.string() }),
  events: eventTypes({
    'ticket.opened': z.object({ ticketId: z.string(), reason: HandoffReason }),
  }),
});

export const support = workflowContract({
  name: 'support',
  deadlineSeconds: 300,
  input: z.object({ query: Query, customerId: CustomerId }),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('answered'),
      answer: z.string(),
      citations: z.array(Citation),
    }),
    z.object({
      kind: z.literal('handed-off'),
      ticketId: z.string(),
      reason: HandoffReason,
      summary: z.string(),
    }),
  ]),
  tags: ({ customerId }) => ({ customer: customerId }),
});
