/**
 * The lead-qualification workflow and its four agents: what each takes and gives.
 *
 * Boundary: schemas only. The workflow in `infra/workflows/lead-qualification.ts` wires them, the
 * agents beside this file implement them.
 */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const LeadId = z.string().check(z.regex(/^[\w.-]{1,64}$/));

/** What is known of a lead when it comes in. */
const Lead = z.object({
  leadId: LeadId,
  country: z.enum(['us', 'other']),
  /** The list that the name was taken from, `none` when it was on none. */
  source: z.string().check(z.regex(/^[a-z][a-z0-9-]{0,31}$/)),
  ordersOnline: z.boolean(),
  address: z.enum(['residential', 'business']),
});
export type Lead = z.infer<typeof Lead>;

/** Who looks after it: a household, a company at home, or anybody abroad. */
const Segment = z.enum(['consumer', 'business', 'international']);

const count = z.int().check(z.minimum(0));

/** What the customer system knows of a lead from before. */
const History = z.object({
  /** Transactions in the last year. */
  purchases: count,
  daysSinceFirstUpdate: count,
  daysSinceLastUpdate: count,
});
export type History = z.infer<typeof History>;

/** How probable a purchase is. */
const Score = z.number().check(z.minimum(0), z.maximum(1));
/** What is done about it: `hot` is called, `warm` is written to, `cold` waits. */
const Grade = z.enum(['hot', 'warm', 'cold']);
export type Grade = z.infer<typeof Grade>;

export const classifyLead = agentContract({
  name: 'classify-lead',
  timeoutSeconds: 30,
  quotas: ['model:default'],
  input: z.object({ lead: Lead }),
  output: z.object({ segment: Segment }),
});

export const enrichLead = agentContract({
  name: 'enrich-lead',
  timeoutSeconds: 15,
  quotas: ['crm'],
  input: z.object({ leadId: LeadId }),
  /** `null`: the customer system has never heard of the lead. */
  output: z.object({ history: z.nullable(History) }),
});

export const scoreLead = agentContract({
  name: 'score-lead',
  timeoutSeconds: 10,
  input: z.object({ lead: Lead, history: z.nullable(History) }),
  output: z.object({ score: Score, grade: Grade }),
});

const Qualification = z.object({
  leadId: LeadId,
  segment: Segment,
  score: Score,
  grade: Grade,
});
export type Qualification = z.infer<typeof Qualification>;

export const storeLead = agentContract({
  name: 'store-lead',
  timeoutSeconds: 15,
  quotas: ['crm'],
  input: Qualification,
  /** The customer system's id of what was written. */
  output: z.object({ qualificationId: z.string() }),
  events: eventTypes({ 'lead.qualified': Qualification }),
});

export const leadQualification = workflowContract({
  name: 'lead-qualification',
  deadlineSeconds: 60,
  maxQueueSeconds: 10,
  input: Lead,
  output: z.extend(Qualification, { qualificationId: z.string() }),
  tags: ({ leadId }) => ({ lead: leadId }),
});
