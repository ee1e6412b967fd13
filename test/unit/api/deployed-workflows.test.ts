import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { deployedWorkflows } from '#runtime/lambda/api/deployed-workflows.ts';

const workflow = (name: string) =>
  workflowContract({ name, deadlineSeconds: 10, input: z.unknown(), output: z.unknown() });

function join(text: string) {
  const logged: unknown[] = [];
  const log = (...line: readonly unknown[]) => void logged.push(line);
  const contracts = [workflow('support'), workflow('numbers')];
  return { workflows: deployedWorkflows(contracts, text, { log }), logged };
}

describe('deployedWorkflows', () => {
  it('has the workflows that are both in the bundle and deployed', () => {
    const { workflows, logged } = join('{"support":"hash-1"}');
    expect([...workflows].map(([name, { defVersion }]) => [name, defVersion])).toEqual([
      ['support', 'hash-1'],
    ]);
    expect(logged).toEqual([]);
  });

  it('leaves out a workflow that the bundle lacks, says so, and keeps the others', () => {
    const { workflows, logged } = join('{"gone":"hash-0","support":"hash-1"}');
    expect([...workflows.keys()]).toEqual(['support']);
    expect(logged).toEqual([
      [
        'error',
        'WORKFLOWS names what the bundle lacks; build and deploy again',
        { name: 'gone', contracts: ['support', 'numbers'] },
      ],
    ]);
  });

  it.each(['', 'null', '[]', '{"support":1}'])('refuses %j', (text) => {
    expect(() => join(text)).toThrow('WORKFLOWS is not a JSON object of hashes by name');
  });
});
