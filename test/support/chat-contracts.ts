import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import {
  type SubscriptionsDefinition,
  subscriptionsContract,
} from '#runtime/contracts/subscriptions.ts';

/** Events of a conversation, small enough to be looked through. */
export const chatEvents = eventTypes({
  'message.received': z.object({ text: z.string() }),
  'wish.understood': z.object({
    topic: z.enum(['travel', 'food']),
    guests: z.optional(z.int()),
    urgent: z.boolean(),
  }),
  'offer.made': z.object({ price: z.number() }),
  'credit.checked': z.object({ ok: z.boolean() }),
  'order.placed': z.object({ number: z.string() }),
});

const { 'message.received': Message, 'wish.understood': Wish } = chatEvents;
const shape = { timeoutSeconds: 10, output: z.object({}) };

export const understandWish = agentContract({
  name: 'understand-wish',
  ...shape,
  input: z.object({ ...Message.shape, earlier: z.nullable(Wish) }),
  events: { 'wish.understood': Wish },
});
export const makeOffer = agentContract({
  name: 'make-offer',
  ...shape,
  retries: 1,
  input: Wish,
  events: { 'offer.made': chatEvents['offer.made'] },
});
export const checkCredit = agentContract({
  name: 'check-credit',
  ...shape,
  input: Wish,
  events: { 'credit.checked': chatEvents['credit.checked'] },
});
export const placeOrder = agentContract({
  name: 'place-order',
  ...shape,
  input: z.object({ offer: chatEvents['offer.made'], credit: chatEvents['credit.checked'] }),
  events: { 'order.placed': chatEvents['order.placed'] },
});

export const askAgain = agentContract({
  name: 'ask-again',
  timeoutSeconds: 10,
  input: z.object({ price: z.number() }),
  output: z.object({}),
  events: { 'wish.understood': chatEvents['wish.understood'] },
});

export type ChatEvents = typeof chatEvents;

export const chatContract = (more: Partial<SubscriptionsDefinition<'chat', ChatEvents>> = {}) =>
  subscriptionsContract({
    name: 'chat',
    events: chatEvents,
    quietSeconds: 30,
    deadlineSeconds: 600,
    ...more,
  });
