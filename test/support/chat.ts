import type { SubscriptionsDefinition } from '#runtime/contracts/subscriptions.ts';
import { latest, Subscriptions } from '../../infra/constructs/subscriptions.ts';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import {
  askAgain,
  type ChatEvents,
  chatContract,
  checkCredit,
  makeOffer,
  placeOrder,
  understandWish,
} from './chat-contracts.ts';
import { testApp } from './deployment.ts';

/** Subscriptions without a rule, in an app of their own. */
export const chat = (
  more: Partial<SubscriptionsDefinition<'chat', ChatEvents>> = {},
): Subscriptions<ChatEvents> =>
  new Subscriptions(AgentsStack.within(testApp()), 'Chat', { contract: chatContract(more) });

/** The whole conversation. */
export const wholeChat = (subscriptions = chat({ completesOn: 'order.placed' })) =>
  subscriptions
    .on(
      'message.received',
      understandWish,
      {},
      {
        perRun: 'serial',
        previous: { earlier: latest('wish.understood') },
      },
    )
    .on('wish.understood', makeOffer)
    .on('wish.understood', checkCredit, { urgent: true })
    .onAll({ offer: 'offer.made', credit: 'credit.checked' }, placeOrder, {
      per: 'origin',
      timeoutSeconds: 60,
    });

/** An offer that is thought over makes another wish. */
export const circle = (more: Parameters<typeof chat>[0] = {}) =>
  chat(more).on('wish.understood', makeOffer).on('offer.made', askAgain);
