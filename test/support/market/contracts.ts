import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';

/** Tells somebody of a market report: an effect, so that it can be seen who caused one. */
export const sendReport = agentContract({
  name: 'send-report',
  timeoutSeconds: 15,
  input: z.object({ fitting: z.int(), medianPrice: z.nullable(z.int()) }),
  output: z.object({ ticketId: z.string() }),
});
