import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { reserveItem } from './contracts.ts';
import { actOutside } from './outside.ts';

export const handler = serveAgent(reserveItem, async (_order, ctx) => ({
  receipt: await actOutside(ctx, 'deduplicating'),
}));
