/** The agents and workflows of the simulation: every shape of step, call and ending that there is. */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const Trip = z.object({ trip: z.string() });

/** Asks the model, and decides the way. */
export const planTrip = agentContract({
  name: 'plan-trip',
  quotas: ['model:default'],
  timeoutSeconds: 60,
  input: z.object({ trip: z.string(), kind: z.enum(['plain', 'poison']) }),
  output: z.object({ plan: z.string(), size: z.enum(['small', 'large']) }),
  control: ['size'],
  events: eventTypes({ 'trip.planned': z.object({ plan: z.string() }) }),
});

/** An effect that nobody may repeat. */
export const bookRoom = agentContract({
  name: 'book-room',
  quotas: ['model:default'],
  timeoutSeconds: 60,
  input: z.object({ trip: z.string(), plan: z.string() }),
  output: z.object({ room: z.string() }),
  events: eventTypes({ 'room.booked': z.object({ room: z.string() }) }),
});

/** An effect that the other side recognizes by its key, and much patience. */
export const sendNote = agentContract({
  name: 'send-note',
  quotas: ['model:default'],
  timeoutSeconds: 90,
  retries: 2,
  input: Trip,
  output: z.object({ note: z.string() }),
});

/** An effect that can be looked up, in a system that takes few at a time. */
export const chargeCard = agentContract({
  name: 'charge-card',
  quotas: ['model:default', 'crm'],
  timeoutSeconds: 45,
  errors: ['Card.Declined'],
  input: z.object({ trip: z.string(), room: z.string() }),
  output: z.object({ receipt: z.string() }),
});

/** Nothing but model calls, two at a time. */
export const readGuide = agentContract({
  name: 'read-guide',
  quotas: ['model:default'],
  timeoutSeconds: 40,
  retries: 4,
  input: Trip,
  output: z.object({ tips: z.array(z.string()) }),
});

const input = z.object({ trip: z.string(), kind: z.enum(['plain', 'poison']) });

/** plan → book → charge → note */
export const chain = workflowContract({
  name: 'chain',
  deadlineSeconds: 240,
  input,
  output: z.object({ note: z.string(), receipt: z.string() }),
  tags: ({ kind }) => ({ kind }),
});

/** plan, then by its size a guide, or a room and, when the card is declined, a note instead */
export const branch = workflowContract({
  name: 'branch',
  deadlineSeconds: 120,
  input,
  output: z.object({ done: z.string() }),
});

/** a guide and a note side by side, then a room */
export const parallel = workflowContract({
  name: 'parallel',
  deadlineSeconds: 180,
  // Enough for five calls, and for what a few crashes leave reserved.
  budget: { tokens: 2600 },
  input,
  output: z.object({ room: z.string() }),
});

export const SIMULATED_WORKFLOWS = [chain, branch, parallel] as const;
