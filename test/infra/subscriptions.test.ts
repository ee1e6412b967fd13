import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { Subscriptions } from '../../infra/constructs/subscriptions.ts';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import { WorkflowsStack } from '../../infra/stacks/workflows-stack.ts';
import { chat, circle, wholeChat } from '../support/chat.ts';
import { chatContract, makeOffer } from '../support/chat-contracts.ts';
import { testApp } from '../support/deployment.ts';

describe('Subscriptions', () => {
  test('are told to the router with everything that it decides by', () => {
    const { version, ...deployed } = wholeChat().deployed();
    expect(version).toMatch(/^[0-9a-f]{16}$/);
    expect(deployed).toEqual({
      name: 'chat',
      completesOn: 'order.placed',
      quietSeconds: 30,
      deadlineSeconds: 600,
      rules: [
        {
          kind: 'event',
          name: 'understandWish',
          agent: 'understand-wish',
          maxAttempts: 4,
          type: 'message.received',
          where: {},
          perRun: 'serial',
          previous: { earlier: 'wish.understood' },
        },
        {
          kind: 'event',
          name: 'makeOffer',
          agent: 'make-offer',
          maxAttempts: 2,
          type: 'wish.understood',
          where: {},
          perRun: 'parallel',
          previous: {},
        },
        {
          kind: 'event',
          name: 'checkCredit',
          agent: 'check-credit',
          maxAttempts: 4,
          type: 'wish.understood',
          where: { urgent: true },
          perRun: 'parallel',
          previous: {},
        },
        {
          kind: 'join',
          name: 'placeOrder',
          agent: 'place-order',
          maxAttempts: 4,
          types: { offer: 'offer.made', credit: 'credit.checked' },
          per: 'origin',
          timeoutSeconds: 60,
        },
      ],
    });
  });

  test('have another version when, and only when, a rule or an end changes', () => {
    const { version } = wholeChat().deployed();
    expect(wholeChat().deployed().version).toBe(version);
    expect(wholeChat(chat({ quietSeconds: 31 })).deployed().version).not.toBe(version);
    expect(
      wholeChat(chat({ completesOn: 'order.placed', quietSeconds: 31 })).deployed().version,
    ).not.toBe(version);
  });
});

describe('Subscriptions in an app', () => {
  test('make the queue and the function of each agent, and no other resource', () => {
    const app = testApp();
    const stack = new WorkflowsStack(app, {
      workflows: [],
      subscriptions: [
        (scope) => wholeChat(new Subscriptions(scope, 'Chat', { contract: chatContract() })),
      ],
    });
    Template.fromStack(AgentsStack.within(app)).hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'signalbox-dev-place-order',
    });
    expect(Template.fromStack(stack).toJSON()).not.toHaveProperty('Resources.ChatResource');
    expect(stack.subscriptions.map(({ name }) => name)).toEqual(['chat']);
  });

  test('run in a circle when the contract says how far', () => {
    const { rules, hopBudget } = circle({ hopBudget: 12 }).deployed();
    expect(rules).toHaveLength(2);
    expect(hopBudget).toBe(12);
  });

  test('may have two rules for one agent, under names of their own', () => {
    const { rules } = chat()
      .on('wish.understood', makeOffer, { topic: 'food' })
      .on('wish.understood', makeOffer, { topic: 'travel' }, { name: 'offerTravel' })
      .deployed();
    expect(rules.map(({ name }) => name)).toEqual(['makeOffer', 'offerTravel']);
  });
});
