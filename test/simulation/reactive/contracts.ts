/** Agents that talk to each other by events: every shape of subscription that there is. */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import {
  type DeployedSubscriptions,
  type SubscriptionRule,
  subscriptionsContract,
} from '#runtime/contracts/subscriptions.ts';

const talkEvents = eventTypes({
  'message.received': z.object({ text: z.string() }),
  'wish.understood': z.object({ wish: z.string(), size: z.enum(['small', 'large']) }),
  'offer.made': z.object({ offer: z.string() }),
  'credit.checked': z.object({ receipt: z.string() }),
  'order.placed': z.object({ order: z.string() }),
  'talk.closed': z.object({ by: z.string() }),
});
const {
  'message.received': Message,
  'wish.understood': Wish,
  'offer.made': Offer,
  'credit.checked': Credit,
  'order.placed': Order,
} = talkEvents;

const shape = {
  quotas: ['model:default'],
  timeoutSeconds: 30,
  retries: 2,
  output: z.object({}),
} as const;

/** Nothing but the model; has to know what was wished before. */
export const understandWish = agentContract({
  ...shape,
  name: 'understand-wish',
  input: z.object({ ...Message.shape, earlier: z.nullable(Wish) }),
  events: { 'wish.understood': Wish },
});

/** An effect that the other side recognizes by its key. */
export const makeOffer = agentContract({
  ...shape,
  name: 'make-offer',
  input: Wish,
  events: { 'offer.made': Offer },
});

/** An effect that can be looked up, in a system that takes few at a time. */
export const checkCredit = agentContract({
  ...shape,
  name: 'check-credit',
  quotas: ['model:default', 'crm'],
  input: Wish,
  events: { 'credit.checked': Credit },
});

/** An effect that nobody may repeat. */
export const placeOrder = agentContract({
  ...shape,
  name: 'place-order',
  input: z.object({ offer: Offer, credit: Credit }),
  events: { 'order.placed': Order },
});

/** Of several messages the last one is worth it. */
export const sumUp = agentContract({ ...shape, name: 'sum-up', input: Message });

/** Once for a whole talk. */
export const keepRecord = agentContract({
  ...shape,
  name: 'keep-record',
  input: z.object({ message: Message, offer: Offer }),
});

export const TALK_CONTRACTS = [
  understandWish,
  makeOffer,
  checkCredit,
  placeOrder,
  sumUp,
  keepRecord,
] as const;

export const talk = subscriptionsContract({
  name: 'talk',
  events: talkEvents,
  completesOn: 'talk.closed',
  quietSeconds: 40,
  deadlineSeconds: 300,
});

const ruleOf = (name: string, { name: agent }: { readonly name: string }) => ({
  name,
  agent,
  maxAttempts: 1 + shape.retries,
});

const RULES: readonly SubscriptionRule[] = [
  {
    ...ruleOf('understandWish', understandWish),
    kind: 'event',
    type: 'message.received',
    where: {},
    perRun: 'serial',
    previous: { earlier: 'wish.understood' },
  },
  {
    ...ruleOf('sumUp', sumUp),
    kind: 'event',
    type: 'message.received',
    where: {},
    perRun: 'latest',
    previous: {},
  },
  {
    ...ruleOf('makeOffer', makeOffer),
    kind: 'event',
    type: 'wish.understood',
    where: {},
    perRun: 'parallel',
    previous: {},
  },
  {
    ...ruleOf('checkCredit', checkCredit),
    kind: 'event',
    type: 'wish.understood',
    where: { size: 'large' },
    perRun: 'parallel',
    previous: {},
  },
  {
    ...ruleOf('placeOrder', placeOrder),
    kind: 'join',
    types: { offer: 'offer.made', credit: 'credit.checked' },
    per: 'origin',
    timeoutSeconds: 120,
  },
  {
    ...ruleOf('keepRecord', keepRecord),
    kind: 'join',
    types: { message: 'message.received', offer: 'offer.made' },
    per: 'run',
    timeoutSeconds: 200,
  },
];

/** As the router is told of them. */
export const deployedTalk: DeployedSubscriptions = {
  name: talk.name,
  version: 'v1',
  rules: RULES,
  completesOn: 'talk.closed',
  quietSeconds: talk.quietSeconds,
  deadlineSeconds: talk.deadlineSeconds,
};
