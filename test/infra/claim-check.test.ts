import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { Agent } from '../../infra/constructs/agent.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import { ApiStack } from '../../infra/stacks/api-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements } from '../support/template.ts';

const agent = agentContract({
  name: 'say-hello',
  timeoutSeconds: 60,
  input: z.object({}),
  output: z.object({}),
});

/** What the function of a stack may do in S3, by resource. */
const permissionsIn = (template: Template): readonly string[] =>
  roleStatements(template)
    .filter(({ actions }) => actions.some((action) => action.startsWith('s3:')))
    .map(({ actions, resources }) => `${actions.join(' ')} on ${resources.join(' ')}`);

const BUCKET = 'arn:AWS::Partition:s3:::signalbox-dev-payloads-AWS::AccountId-AWS::Region';

describe('payloads', () => {
  const agents = (): Template => {
    const app = testApp();
    Agent.of(app, agent);
    return Template.fromStack(AgentsStack.within(app));
  };
  const api = (): Template => Template.fromStack(new ApiStack(testApp(), []));

  test('are read and added by agents, which can neither delete nor change the bucket', () => {
    expect(permissionsIn(agents())).toEqual([
      `s3:GetObject s3:PutObject on ${BUCKET}/*`,
      `s3:ListBucket on ${BUCKET}`,
    ]);
  });

  test('are only read by the API', () => {
    expect(permissionsIn(api())).toEqual([
      `s3:GetObject on ${BUCKET}/*`,
      `s3:ListBucket on ${BUCKET}`,
    ]);
  });

  test.each([
    ['agents', agents],
    ['the API', api],
  ])('are in the bucket that %s are told', (_who, template) => {
    template().hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ PAYLOAD_BUCKET_NAME: Match.anyValue() }) },
    });
  });
});

describe('a workflow that may outlive its payloads', () => {
  const workflow = (deadlineSeconds: number) => {
    const app = testApp({ config: { payloadRetentionDays: 2 } });
    const contract = workflowContract({
      name: 'slow',
      deadlineSeconds,
      input: z.object({}),
      output: z.object({}),
    });
    return new AgentWorkflow(new Stack(app, 'Workflows'), 'Slow', {
      contract,
      definition: (flow) => flow.step('hello', agent, {}).next(flow.done('Done', {})),
    });
  };

  test('is refused with what is allowed', () => {
    expect(() => workflow(2 * 86_400 + 1)).toThrow(
      /"slow" may run for 172801 s and stage "dev" keeps .* for 2 days; allowed: at most 172800 s/,
    );
  });

  test('is not, when they last as long', () => {
    expect(workflow(2 * 86_400).contract.name).toBe('slow');
  });
});
