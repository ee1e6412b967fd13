import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import type { BudgetLimits } from '#runtime/contracts/budget.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { stageConfig } from '../../infra/config.ts';
import { Agent } from '../../infra/constructs/agent.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { testApp } from '../support/deployment.ts';

const agent = agentContract({
  name: 'say-hello',
  timeoutSeconds: 10,
  input: z.object({}),
  output: z.object({}),
});

const { usdPerMillionTokens: _price, ...unpriced } = stageConfig('dev').model;

function workflow(budget: BudgetLimits, config = {}) {
  const contract = workflowContract({
    name: 'frugal',
    deadlineSeconds: 60,
    budget,
    input: z.object({}),
    output: z.object({}),
  });
  return new AgentWorkflow(new Stack(testApp({ config }), 'Workflows'), 'Frugal', {
    contract,
    definition: (flow) => flow.step('hello', agent, {}).next(flow.done('Done', {})),
  });
}

describe('a budget in dollars', () => {
  test('is refused where nobody knows what the model costs', () => {
    expect(() => workflow({ usd: 0.05 }, { model: unpriced })).toThrow(
      /workflow "frugal" has a budget of 0\.05 dollars, and stage "dev" does not know what its model "global\.anthropic.*" costs; set model\.usdPerMillionTokens/,
    );
  });

  test('is taken with a price', () => {
    expect(workflow({ usd: 0.05 }).contract.budget).toEqual({ usd: 0.05 });
  });
});

test('a budget in tokens needs no price', () => {
  expect(workflow({ tokens: 1000 }, { model: unpriced }).contract.name).toBe('frugal');
});

describe('agents', () => {
  const variables = (config = {}) => {
    const app = testApp({ config });
    const { function: worker } = Agent.of(app, agent);
    const template = Template.fromStack(Stack.of(worker));
    return (matcher: unknown) =>
      template.hasResourceProperties('AWS::Lambda::Function', {
        Environment: { Variables: { MODEL_USD_PER_MILLION_TOKENS: matcher } },
      });
  };

  test('are told what the model costs', () => {
    variables()('{"input":1,"output":5}');
  });

  test('are told nothing where nobody knows', () => {
    variables({ model: unpriced })(Match.absent());
  });
});
