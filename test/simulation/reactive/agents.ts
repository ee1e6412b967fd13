/** The code of the agents that talk by events. */
import { type AgentCode, agentCode } from '#runtime/lambda/agent-code.ts';
import { Actor, type Stage } from '../agents.ts';
import {
  checkCredit,
  keepRecord,
  makeOffer,
  placeOrder,
  sumUp,
  understandWish,
} from './contracts.ts';

export const talkAgents = (stage: Stage): readonly AgentCode[] => [
  agentCode(understandWish, async ({ text, earlier }, ctx) => {
    const actor = new Actor(stage, ctx);
    const wish = await actor.think('wish', `${text}, after ${earlier?.wish ?? 'nothing'}`);
    await ctx.emit('wish.understood', { wish: wish.text, size: wish.size });
    await actor.mayFail();
    return {};
  }),
  agentCode(makeOffer, async ({ wish }, ctx) => {
    const actor = new Actor(stage, ctx);
    const { text } = await actor.think('offer', wish);
    await actor.change('reserve', 'retry');
    await ctx.emit('offer.made', { offer: text });
    await actor.mayFail();
    return {};
  }),
  agentCode(checkCredit, async (_wish, ctx) => {
    const actor = new Actor(stage, ctx);
    await actor.mayFail();
    const receipt = await actor.change('check', 'reconcile', 'crm');
    await ctx.emit('credit.checked', { receipt });
    return {};
  }),
  agentCode(placeOrder, async ({ offer }, ctx) => {
    const actor = new Actor(stage, ctx);
    await actor.think('confirm', offer.offer);
    const order = await actor.change('order', 'fail');
    await ctx.emit('order.placed', { order });
    await actor.mayFail();
    return {};
  }),
  agentCode(sumUp, async ({ text }, ctx) => {
    const actor = new Actor(stage, ctx);
    await actor.think('sum-up', text);
    await actor.mayFail();
    return {};
  }),
  agentCode(keepRecord, async (_parts, ctx) => {
    const actor = new Actor(stage, ctx);
    await actor.change('record', 'retry');
    await actor.mayFail();
    return {};
  }),
];
