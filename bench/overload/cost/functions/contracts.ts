/**
 * Steps to be counted: one that does nothing, one that asks the model once.
 *
 * Boundary: no part of the product. They are deployed by `bench/overload/cost/app.ts` only.
 */
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const number = z.object({ number: z.int() });

export const doNothing = agentContract({
  ...{ name: 'do-nothing', timeoutSeconds: 20, input: number, output: number },
});
export const askOnce = agentContract({
  ...{ name: 'ask-once', timeoutSeconds: 20, input: number, output: number },
  quotas: ['model:default'],
});

const shape = {
  deadlineSeconds: 300,
  maxQueueSeconds: 100,
  input: number,
  output: number,
} as const;

export const nothing = workflowContract({ name: 'nothing', ...shape });
export const question = workflowContract({ name: 'question', ...shape });
