import * as z from 'zod/mini';
import { type AgentContract, agentContract } from '#runtime/contracts/agent.ts';
import { WAIT_SERVER } from '#runtime/contracts/wait.ts';

/** What stands for the contract of every step that waits: no agent works on it, the platform keeps it. */
export const waitContract: AgentContract = {
  ...agentContract({
    name: 'keep-wait',
    timeoutSeconds: 60,
    retries: 0,
    input: z.unknown(),
    output: z.unknown(),
  }),
  name: WAIT_SERVER,
};
