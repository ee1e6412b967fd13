import { Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { eventTypes } from '#runtime/contracts/event-types.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { Agent } from '../../infra/constructs/agent.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { testApp } from '../support/deployment.ts';

type Schemas = Partial<Record<'input' | 'output' | 'partialOutput', z.ZodMiniType>>;
const anything = { input: z.unknown(), output: z.unknown() };
const agent = (schemas: Schemas, events = {}) =>
  Agent.of(
    testApp(),
    agentContract({ name: 'read-mail', timeoutSeconds: 5, ...anything, ...schemas, events }),
  );
const workflow = (schemas: Omit<Schemas, 'partialOutput'>) =>
  new AgentWorkflow(new Stack(testApp(), 'Workflows'), 'Mail', {
    contract: workflowContract({ name: 'mail', deadlineSeconds: 5, ...anything, ...schemas }),
    definition: (flow) => flow.done('Done', null),
  });

describe('a contract', () => {
  test.each([
    ['a date', z.date()],
    ['a big integer', z.bigint()],
    ['a map', z.map(z.string(), z.string())],
    ['a set', z.set(z.string())],
    ['nothing', z.void()],
  ])('is refused when it declares %s', (_what, schema) => {
    expect(() => agent({ input: schema })).toThrow(/agent "read-mail" declares .* input \(/);
    expect(() => agent({ output: schema })).toThrow(/agent "read-mail" declares .* output \(/);
    expect(() => workflow({ input: schema })).toThrow(/workflow "mail" declares .* input \(/);
    expect(() => workflow({ output: schema })).toThrow(/workflow "mail" declares .* output \(/);
  });

  test('is refused with every such place by name', () => {
    const input = z.object({
      sentAt: z.date(),
      parts: z.array(z.object({ size: z.optional(z.bigint()) })),
    });
    expect(() => agent({ input })).toThrow(
      'input.sentAt (Date cannot be represented in JSON Schema); input.parts.size (BigInt',
    );
  });

  test('is refused when what it may show has no form in JSON', () => {
    const partialOutput = z.object({ at: z.date() });
    expect(() => agent({ partialOutput })).toThrow('partialOutput.at (Date');
  });

  test('is refused when an event has no form in JSON', () => {
    const events = eventTypes({ 'mail.read': z.object({ at: z.date() }) });
    expect(() => agent({}, events)).toThrow('events["mail.read"].at (Date');
  });

  test('may make of a text what it likes where the agent receives it, but not where a run carries it', () => {
    const parsed = z.object({ at: z.pipe(z.string(), z.coerce.date()) });
    expect(() => agent({ input: parsed })).not.toThrow();
    expect(() => workflow({ input: parsed })).toThrow('input.at (Date');
  });

  test('may declare all that JSON has, and forms that only its author knows', () => {
    const schema = z.object({
      text: z._default(z.string(), ''),
      list: z.array(z.union([z.number(), z.null()])),
      record: z.record(z.string(), z.boolean()),
      own: z.custom<string>(() => true),
      trimmed: z.pipe(
        z.string(),
        z.transform((text) => text.trim()),
      ),
      any: z.optional(z.unknown()),
    });
    expect(() => agent({ input: schema, output: schema })).not.toThrow();
    expect(() => workflow({ input: schema, output: schema })).not.toThrow();
  });
});
