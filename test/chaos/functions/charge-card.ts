import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { chargeCard } from './contracts.ts';
import { actOutside } from './outside.ts';

export const handler = serveAgent(chargeCard, async (_order, ctx) => ({
  receipt: await actOutside(ctx, 'forgetful'),
}));
