import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import { stageConfig } from '../../infra/config.ts';
import { Agent } from '../../infra/constructs/agent.ts';
import { AgentsStack } from '../../infra/stacks/agents-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements } from '../support/template.ts';

const contractOf = (
  name: string,
  more: { timeoutSeconds?: number; batchSize?: number; quotas?: readonly string[] } = {},
) =>
  agentContract({
    name,
    timeoutSeconds: 60,
    input: z.object({}),
    output: z.object({}),
    ...more,
  });

const contract = contractOf('say-hello', { timeoutSeconds: 60, batchSize: 7 });

describe('Agent.of', () => {
  test('lives in the agents stack, whoever names it', () => {
    const app = testApp();
    const one = Agent.of(new Stack(app, 'One'), contract);
    expect(Agent.of(new Stack(app, 'Two'), contract)).toBe(one);
    expect(Stack.of(one)).toBe(AgentsStack.within(app));
  });

  test('refuses another contract of the same name', () => {
    const app = testApp();
    Agent.of(app, contract);
    expect(() => Agent.of(app, contractOf('say-hello'))).toThrow(
      /agent "say-hello" has two contracts; allowed: one per name/,
    );
  });

  test('refuses a name of the platform', () => {
    expect(() => Agent.of(testApp(), contractOf('project-events'))).toThrow(
      /agent "project-events" has a name of the platform's own; taken: .*project-events/,
    );
  });
});

describe('The quotas of an agent', () => {
  const config = {
    quotas: { 'model:default': { requestsPerSecond: 4, burst: 3 }, crm: { requestsPerSecond: 1 } },
  };
  const templateOf = (quotas: readonly string[]): Template => {
    const app = testApp({ config });
    Agent.of(app, contractOf('say-hello', { quotas }));
    return Template.fromStack(AgentsStack.within(app));
  };

  test('are refused when the stage does not have them', () => {
    expect(() => templateOf(['crm', 'model:large', 'mail'])).toThrow(
      'agent "say-hello" names the quotas model:large, mail, which stage "dev" does not have; it has: model:default, crm.',
    );
  });

  test('reach its function with their limits, and no other quota does', () => {
    templateOf(['model:default']).hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          LIMITS_TABLE_NAME: 'signalbox-dev-limits',
          QUOTAS: '{"model:default":{"requestsPerSecond":4,"burst":3}}',
        }),
      },
    });
  });

  test('are all that it may touch of the table of limits, and nothing there is ever deleted', () => {
    const [statement, ...others] = limitsStatements(templateOf(['model:default', 'crm']));
    expect(others).toEqual([]);
    expect(statement?.actions).toEqual(['dynamodb:BatchGetItem', 'dynamodb:UpdateItem']);
    expect(statement?.conditions).toEqual({
      'ForAllValues:StringEquals': {
        'dynamodb:LeadingKeys': ['quota#model:default', 'quota#crm'],
      },
    });
    expect(limitsStatements(templateOf([]))).toEqual([]);
  });
});

const limitsStatements = (template: Template) =>
  roleStatements(template).filter(({ resources }) =>
    resources.some((resource) => resource.includes('signalbox-dev-limits')),
  );

describe('Agent', () => {
  let template: Template;
  beforeAll(() => {
    const app = testApp();
    Agent.of(app, contract);
    template = Template.fromStack(AgentsStack.within(app));
  });

  test('has an encrypted queue that is hidden six times as long as its function may run', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'signalbox-dev-say-hello',
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 6 * 75,
      RedrivePolicy: { maxReceiveCount: 12 },
    });
  });

  test('has a function with 15 s more than the agent, on Node 24 and ARM', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'signalbox-dev-say-hello',
      Handler: 'say-hello.handler',
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 75,
      RecursiveLoop: 'Allow',
      LoggingConfig: { LogFormat: 'JSON', LogGroup: Match.anyValue() },
    });
  });

  test("never asks for more than Lambda's longest timeout", () => {
    const app = testApp();
    Agent.of(app, contractOf('think-long', { timeoutSeconds: 885 }));
    Template.fromStack(AgentsStack.within(app)).hasResourceProperties('AWS::Lambda::Function', {
      Timeout: 900,
    });
  });

  test('may put messages into its own queue, and no other', () => {
    const sending = roleStatements(template).filter(({ actions }) =>
      actions.includes('sqs:SendMessage'),
    );
    expect(sending.map(({ resources }) => resources)).toEqual([
      [expect.stringMatching(/:signalbox-dev-say-hello$/)],
    ]);
  });

  test('takes its batch size from the contract and its concurrency from the stage', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 7,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: stageConfig('dev').agentConcurrency },
    });
  });

  test('may use its own queue and none else', () => {
    const queues = resourcesOf(template, /^sqs:/);
    expect(queues).toEqual([expect.stringMatching(/:sqs:.*:signalbox-dev-say-hello$/)]);
  });

  test("gets the stage's further variables, which cannot replace the platform's", () => {
    const app = testApp({ config: { agentEnvironment: { HELPDESK_URL: 'http://h', STAGE: 'x' } } });
    Agent.of(app, contract);
    Template.fromStack(AgentsStack.within(app)).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ HELPDESK_URL: 'http://h', STAGE: 'dev' }) },
    });
  });
});

describe('What an agent may ask', () => {
  test('is a model behind an inference profile in any region, but that model only', () => {
    const app = testApp();
    Agent.of(app, contract);
    expect(resourcesOf(Template.fromStack(AgentsStack.within(app)), /^bedrock:/)).toEqual([
      expect.stringMatching(/:inference-profile\/global\.anthropic\.claude-haiku/),
      expect.stringMatching(/:bedrock:\*::foundation-model\/anthropic\.claude-haiku/),
    ]);
  });

  test('is nothing on Bedrock when the model is elsewhere', () => {
    const app = testApp({ stage: 'local' });
    Agent.of(app, contract);
    expect(resourcesOf(Template.fromStack(AgentsStack.within(app)), /^bedrock:/)).toEqual([]);
  });

  test('is a foundation model in the own region only', () => {
    const app = testApp({
      config: { model: { provider: 'bedrock', id: 'amazon.nova-lite-v1:0' } },
    });
    Agent.of(app, contract);
    expect(resourcesOf(Template.fromStack(AgentsStack.within(app)), /^bedrock:/)).toEqual([
      'arn:AWS::Partition:bedrock:AWS::Region::foundation-model/amazon.nova-lite-v1:0',
    ]);
  });
});

/** What the actions that match are allowed on. */
const resourcesOf = (template: Template, action: RegExp): string[] =>
  roleStatements(template)
    .filter(({ actions }) => actions.every((name) => action.test(name)))
    .flatMap(({ resources }) => resources);
