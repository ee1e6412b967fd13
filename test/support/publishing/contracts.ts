import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

export const writeReport = agentContract({
  name: 'write-report',
  timeoutSeconds: 30,
  input: z.object({ topic: z.string() }),
  output: z.object({ report: z.string() }),
});

export const publishing = workflowContract({
  name: 'publishing',
  deadlineSeconds: 120,
  input: z.object({
    topic: z.string(),
    ask: z.enum(['patiently', 'hastily', 'the-payer']),
  }),
  output: z.object({ outcome: z.string(), by: z.string(), note: z.string(), amount: z.number() }),
  events: { 'payment.received': z.object({ amount: z.number() }) },
});
