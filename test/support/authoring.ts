import { Stack } from 'aws-cdk-lib';
import type { IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import type { Flow } from '../../infra/constructs/flow.ts';
import { synthesizedMachine } from '../../infra/synthesized-machine.ts';
import { testApp } from './deployment.ts';

export const sortLetter = agentContract({
  name: 'sort-letter',
  timeoutSeconds: 30,
  input: z.object({ text: z.string(), urgent: z.optional(z.boolean()) }),
  output: z.object({
    kind: z.enum(['bill', 'complaint', 'other']),
    pages: z.number(),
    sender: z.optional(z.string()),
    tags: z.array(z.string()),
  }),
  control: ['kind', 'pages', 'tags', 'sender'],
});

export const writeReply = agentContract({
  name: 'write-reply',
  timeoutSeconds: 60,
  retries: 2,
  errors: ['Letter.Illegible'],
  input: z.object({ text: z.string(), tags: z.array(z.string()) }),
  output: z.object({ reply: z.string(), polite: z.boolean() }),
});

const letters = workflowContract({
  name: 'letters',
  deadlineSeconds: 600,
  input: z.object({ text: z.string(), note: z.optional(z.string()) }),
  output: z.object({ outcome: z.enum(['replied', 'filed']), reply: z.string() }),
});

export type LettersFlow = Flow<typeof letters>;

/** A workflow of these contracts, by default in an app of its own. */
export function lettersWorkflow(
  definition: (flow: LettersFlow) => IChainable,
  stack = new Stack(testApp(), 'Workflows'),
) {
  const workflow = new AgentWorkflow(stack, 'Letters', { contract: letters, definition });
  return { stack, workflow, machine: () => synthesizedMachine(stack, 'letters') };
}

/** triage → reply → done: the plainest workflow of two steps. */
export const twoSteps = (flow: LettersFlow): IChainable => {
  const triage = flow.step('triage', sortLetter, { text: flow.input.text });
  const reply = flow.step('reply', writeReply, {
    text: flow.input.text,
    tags: triage.output.tags,
  });
  return triage
    .next(reply)
    .next(flow.done('Replied', { outcome: 'replied', reply: reply.output.reply }));
};
