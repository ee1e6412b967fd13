import { test } from 'vitest';
import { latest, type Subscriptions } from '../../infra/constructs/subscriptions.ts';
import {
  type chatEvents,
  checkCredit,
  makeOffer,
  placeOrder,
  understandWish,
} from '../support/chat-contracts.ts';

declare const chat: Subscriptions<typeof chatEvents>;
const past = { previous: { earlier: latest('wish.understood') } };

test('rules whose agents take what the events carry compile', () => {
  chat
    .on('message.received', understandWish, {}, past)
    .on('wish.understood', makeOffer)
    .on('wish.understood', checkCredit, { urgent: true, topic: 'food' }, { perRun: 'latest' })
    .onAll({ offer: 'offer.made', credit: 'credit.checked' }, placeOrder, { timeoutSeconds: 60 });
});

test('an event that does not carry what the agent takes is a type error', () => {
  // @ts-expect-error an offer is no wish
  chat.on('offer.made', makeOffer);
  // @ts-expect-error the agent wants the earlier wish, too
  chat.on('message.received', understandWish);
  // @ts-expect-error a wish of before is a wish, not an offer
  chat.on('message.received', understandWish, {}, { previous: { earlier: latest('offer.made') } });
});

test('a join that does not give what the agent takes is a type error', () => {
  // @ts-expect-error the credit is missing
  chat.onAll({ offer: 'offer.made' }, placeOrder, { timeoutSeconds: 60 });
  // @ts-expect-error the two are mixed up
  chat.onAll({ offer: 'credit.checked', credit: 'offer.made' }, placeOrder, { timeoutSeconds: 60 });
  // @ts-expect-error it may not wait for ever
  chat.onAll({ offer: 'offer.made', credit: 'credit.checked' }, placeOrder, {});
});

test('an event that there is not is a type error', () => {
  // @ts-expect-error no such event
  chat.on('wish.granted', makeOffer);
  // @ts-expect-error no such event
  chat.onAll({ offer: 'offer.maid', credit: 'credit.checked' }, placeOrder, { timeoutSeconds: 60 });
  const future = { previous: { earlier: latest('wish.granted') } };
  // @ts-expect-error no such event
  chat.on('message.received', understandWish, {}, future);
});

test('a filter that can never be met is a type error', () => {
  // @ts-expect-error no such field
  chat.on('wish.understood', makeOffer, { urgency: true });
  // @ts-expect-error not one of the topics
  chat.on('wish.understood', makeOffer, { topic: 'sports' });
  // @ts-expect-error a text where a boolean is
  chat.on('wish.understood', makeOffer, { urgent: 'yes' });
});

test('a way of taking turns that there is not is a type error', () => {
  // @ts-expect-error misspelt
  chat.on('wish.understood', makeOffer, {}, { perRun: 'seriel' });
  const all = { offer: 'offer.made', credit: 'credit.checked' } as const;
  // @ts-expect-error misspelt
  chat.onAll(all, placeOrder, { per: 'orgin', timeoutSeconds: 5 });
});
