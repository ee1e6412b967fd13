import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { type AgentContract, agentContract } from '#runtime/contracts/agent.ts';
import type { EventTypes } from '#runtime/contracts/event-types.ts';
import {
  type DeployedSubscriptions,
  type FilterValue,
  subscriptionsContract,
} from '#runtime/contracts/subscriptions.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { latest, Subscriptions } from '../../infra/constructs/subscriptions.ts';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import { WorkflowsStack } from '../../infra/stacks/workflows-stack.ts';
import { chat, circle, wholeChat } from '../support/chat.ts';
import {
  chatContract,
  checkCredit,
  makeOffer,
  placeOrder,
  understandWish,
} from '../support/chat-contracts.ts';
import { testApp } from '../support/deployment.ts';

/** Subscriptions as an author without types sees them. */
interface Loose {
  on(
    type: string,
    agent: AgentContract,
    where?: Readonly<Record<string, FilterValue>>,
    options?: object,
  ): Loose;
  onAll(
    types: Readonly<Record<string, string>>,
    agent: AgentContract,
    options: { readonly timeoutSeconds: number },
  ): Loose;
  deployed(): DeployedSubscriptions;
}
const loose = (subscriptions = chat()): Loose => subscriptions as unknown as Loose;

const emitting = (events: EventTypes) =>
  agentContract({
    name: 'ask-friend',
    timeoutSeconds: 10,
    input: z.unknown(),
    output: z.object({}),
    events,
  });

function refusalOf(declare: () => unknown): string {
  try {
    declare();
  } catch (error) {
    expect(error).toHaveProperty('code', 'DEFINITION_INVALID');
    return String(error);
  }
  return 'not refused';
}

type Refused = readonly [what: string, subscriptions: () => Loose, ...named: string[]];
const REFUSED: readonly Refused[] = [
  ['no rule at all', () => loose(), 'subscriptions "chat"', 'there is no rule'],
  [
    'U1: a rule for an event that is not declared',
    () => loose().on('message.recieved', understandWish),
    'rule "understandWish" names the event "message.recieved"',
    'message.received, wish.understood',
  ],
  [
    'U1: a join that waits for one',
    () => loose().onAll({ offer: 'offer.maid' }, placeOrder, { timeoutSeconds: 5 }),
    'rule "placeOrder" names the event "offer.maid"',
  ],
  [
    'U1: a past of one',
    () =>
      loose().on(
        'message.received',
        understandWish,
        {},
        {
          previous: { earlier: latest('wish.granted') },
        },
      ),
    'names the event "wish.granted"',
  ],
  [
    'U1: an agent that emits one',
    () => loose().on('wish.understood', emitting({ 'friend.asked': z.object({}) })),
    'agent "ask-friend" emits "friend.asked", which the contract does not declare',
  ],
  [
    'U2: an agent that emits one with another schema',
    () => loose().on('wish.understood', emitting({ 'offer.made': z.object({}) })),
    'agent "ask-friend" emits "offer.made" with another schema',
  ],
  [
    'U3: a filter over a field that there is not',
    () => loose().on('wish.understood', makeOffer, { urgency: true }),
    'rule "makeOffer" has a filter that no "wish.understood" can meet',
    'no field "urgency"; their fields: topic, guests, urgent',
  ],
  [
    'U3: a filter for a value that the field never has',
    () => loose().on('wish.understood', makeOffer, { topic: 'sports' }),
    'the field "topic" is never "sports"',
  ],
  [
    'U4: two rules of one name',
    () =>
      loose().on('wish.understood', makeOffer).on('wish.understood', makeOffer, { urgent: true }),
    'rule "makeOffer" is declared 2 times',
  ],
  [
    'U5: a name that cannot begin a path',
    () => loose().on('wish.understood', makeOffer, {}, { name: 'make-offer' }),
    'rule "make-offer" has a name that cannot begin a path',
  ],
  [
    'U6: a circle of rules without a hop budget',
    () => loose(circle()),
    'wish.understood → (makeOffer) → offer.made → (askAgain) → wish.understood',
    'Set hopBudget',
  ],
  [
    'U7: an end that nobody tells',
    () => loose(chat({ completesOn: 'order.placed' })).on('wish.understood', makeOffer),
    'complete on "order.placed", which none of its agents emits; emitted: offer.made',
  ],
  [
    'U8: a past in the place of what happens now',
    () =>
      loose().on(
        'message.received',
        understandWish,
        {},
        {
          previous: { text: latest('wish.understood') },
        },
      ),
    'rule "understandWish" wants the past in "text"',
  ],
  [
    'U9: a join of nothing, without an end',
    () => loose().onAll({}, placeOrder, { timeoutSeconds: 0 }),
    'rule "placeOrder" waits for no event',
    'rule "placeOrder" has timeoutSeconds 0',
  ],
];

describe('Refused at synth, by name', () => {
  for (const [what, subscriptions, ...named] of REFUSED) {
    test(what, () => {
      const refusal = refusalOf(() => subscriptions().deployed());
      for (const text of named) expect(refusal).toContain(text);
    });
  }

  test('all that is wrong at once', () => {
    const refusal = refusalOf(() =>
      loose()
        .on('wish.understood', makeOffer, { topic: 'sports' })
        .on('wish.granted', checkCredit)
        .deployed(),
    );
    expect(refusal.split('\n- ')).toHaveLength(3);
  });

  test('a name that a workflow has', () => {
    const contract = workflowContract({
      name: 'chat',
      deadlineSeconds: 60,
      input: z.unknown(),
      output: z.unknown(),
    });
    const refusal = refusalOf(
      () =>
        new WorkflowsStack(testApp(), {
          workflows: [
            (scope) =>
              new AgentWorkflow(scope, 'W', {
                contract,
                definition: (flow) => flow.done('Done', null),
              }),
          ],
          subscriptions: [
            (scope) => wholeChat(new Subscriptions(scope, 'S', { contract: chatContract() })),
          ],
        }),
    );
    expect(refusal).toContain('subscriptions "chat" have the name of a workflow');
  });

  test('events that JSON cannot carry', () => {
    const contract = subscriptionsContract({
      name: 'chat',
      events: { 'day.begun': z.object({ day: z.date() }) },
      quietSeconds: 5,
      deadlineSeconds: 60,
    });
    expect(
      refusalOf(() => new Subscriptions(AgentsStack.within(testApp()), 'S', { contract })),
    ).toContain('subscriptions "chat" declares what JSON cannot carry: events["day.begun"].day');
  });
});
