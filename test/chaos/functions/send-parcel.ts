import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { sendParcel } from './contracts.ts';
import { actOutside } from './outside.ts';

export const handler = serveAgent(sendParcel, async (_order, ctx) => ({
  receipt: await actOutside(ctx, 'forgetful'),
}));
