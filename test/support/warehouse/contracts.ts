import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';

const Item = z.object({ id: z.number(), title: z.string(), isOpen: z.boolean() });

/** Gives as many small items as it is asked for, and one long text. */
export const makeCatalog = agentContract({
  name: 'make-catalog',
  timeoutSeconds: 60,
  input: z.object({ items: z.number(), characters: z.number() }),
  output: z.object({
    count: z.number(),
    items: z.array(Item),
    preface: z.object({ author: z.string(), body: z.string() }),
  }),
  control: ['count'],
});

/** Says what it got, and hands the items on. */
export const readCatalog = agentContract({
  name: 'read-catalog',
  timeoutSeconds: 60,
  input: z.object({
    items: z.array(Item),
    preface: z.object({ author: z.string(), body: z.string() }),
  }),
  output: z.object({ bytes: z.number(), sha256: z.string(), items: z.array(Item) }),
});

export const warehouse = workflowContract({
  name: 'warehouse',
  deadlineSeconds: 120,
  input: z.object({ items: z.number(), characters: z.number() }),
  output: z.object({
    bytes: z.number(),
    sha256: z.string(),
    items: z.array(Item),
    preface: z.object({ author: z.string(), body: z.string() }),
  }),
});
