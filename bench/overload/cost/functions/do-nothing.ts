import { serveAgent } from '#runtime/lambda/serve-agent.ts';
import { doNothing } from './contracts.ts';

export const handler = serveAgent(doNothing, async ({ number }) => ({ number }));
