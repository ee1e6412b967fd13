import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CallAwsService } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { agentContract } from '#runtime/contracts/agent.ts';
import {
  AgentEnvironmentSchema,
  ApiEnvironmentSchema,
  ArchiverEnvironmentSchema,
  DeadLetterEnvironmentSchema,
  ExporterEnvironmentSchema,
  PlatformEnvironmentSchema,
  ProjectorEnvironmentSchema,
  RebuildEnvironmentSchema,
  ReconcileEnvironmentSchema,
  RouterEnvironmentSchema,
  readEnvironment,
} from '#runtime/contracts/environment.ts';
import { workflowContract } from '#runtime/contracts/workflow.ts';
import { STAGES } from '../../infra/config.ts';
import { AgentWorkflow } from '../../infra/constructs/agent-workflow.ts';
import { createStacks } from '../../infra/stacks/create-stacks.ts';
import { leadQualificationWorkflow } from '../../infra/workflows/lead-qualification.ts';
import { realEstateAgents } from '../../infra/workflows/real-estate.ts';
import { supportWorkflow } from '../../infra/workflows/support.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

const AGENTS = [
  'answer-question',
  'classify-lead',
  'enrich-lead',
  'extract-preferences',
  'identify-intent',
  'open-ticket',
  'qualify-lead',
  'retrieve-passages',
  'schedule-meeting',
  'score-lead',
  'search-listings',
  'store-lead',
];
const PLATFORM_ENVIRONMENTS: Readonly<Record<string, z.ZodMiniType>> = {
  'archive-events': ArchiverEnvironmentSchema,
  'export-events': ExporterEnvironmentSchema,
  'handle-api': ApiEnvironmentSchema,
  'project-events': ProjectorEnvironmentSchema,
  'publish-run-status': PlatformEnvironmentSchema,
  'rebuild-read-model': RebuildEnvironmentSchema,
  reconcile: ReconcileEnvironmentSchema,
  'route-events': RouterEnvironmentSchema,
  'serve-platform': PlatformEnvironmentSchema,
  'settle-dead-letters': DeadLetterEnvironmentSchema,
};

/** Queues of the platform's own, beside that of the dead letters. */
const PLATFORM_QUEUES = [
  'export-events-replays',
  'platform',
  'project-events-replays',
  'rebuild-read-model',
  'route-events-replays',
  'run-status',
  'timers',
];

/** Every stage once: the policy checks take seconds. */
const synthesized = new Map(
  STAGES.map((stage) => {
    const app = testApp({ stage });
    const stacks: Stack[] = Object.values(
      createStacks(app, {
        workflows: [supportWorkflow, leadQualificationWorkflow],
        subscriptions: [realEstateAgents],
        retiredAgents: [],
      }),
    );
    const templates = stacks.map((stack) => Template.fromStack(stack));
    const resources = (type: string) =>
      templates.flatMap((template) => Object.entries(template.findResources(type)));
    return [stage, { app, templates, resources }] as const;
  }),
);

describe.each([...synthesized])('The app of stage %s', (stage, { app, templates, resources }) => {
  test('passes the AwsSolutions policy', () => {
    // The policy is a plugin of the app: it throws at synth when a finding is not acknowledged.
    expect(app.synth().stacks).toHaveLength(6);
  });

  test('has no exports, so stacks can be deployed and changed one by one', () => {
    for (const template of templates) {
      const json = template.toJSON();
      expect(JSON.stringify(json)).not.toContain('Fn::ImportValue');
      const outputs: { Export?: unknown }[] = Object.values(json.Outputs ?? {});
      expect(outputs.filter((output) => 'Export' in output)).toEqual([]);
    }
  });

  test('sends messages that cannot be handled to the one dead-letter queue', () => {
    const targets = resources('AWS::SQS::Queue').map(([, { Properties }]) => [
      Properties.QueueName,
      textOf(Properties.RedrivePolicy?.deadLetterTargetArn).split(':').at(-1),
    ]);
    const name = (short: string): string => `signalbox-${stage}-${short}`;
    expect(Object.fromEntries(targets)).toEqual({
      ...Object.fromEntries(
        [...AGENTS, ...PLATFORM_QUEUES].map((queue) => [name(queue), name('dead-letters')]),
      ),
      [name('dead-letters')]: 'undefined',
    });
  });

  test('gives every function the environment that it parses', () => {
    const functions = resources('AWS::Lambda::Function').map(([, { Properties }]) => Properties);
    expect(functions.map(({ FunctionName }) => FunctionName).sort()).toEqual(
      [...AGENTS, ...Object.keys(PLATFORM_ENVIRONMENTS)]
        .map((name) => `signalbox-${stage}-${name}`)
        .sort(),
    );
    for (const { FunctionName, Environment } of functions) {
      const schema =
        PLATFORM_ENVIRONMENTS[FunctionName.replace(`signalbox-${stage}-`, '')] ??
        AgentEnvironmentSchema;
      const variables = Object.fromEntries(
        Object.entries(Environment.Variables).map(([key, value]) => [key, textOf(value)]),
      );
      expect(() => readEnvironment(schema, variables)).not.toThrow();
      expect(variables.STAGE).toBe(stage);
    }
  });
});

describe.each([...synthesized])('What stage %s allows', (_, { templates, resources }) => {
  test('refuses what is not encrypted on its way to every queue and the bucket', () => {
    const protectedBy = (type: string, key: string): string[] =>
      resources(type)
        .filter(([, { Properties }]) =>
          Properties.PolicyDocument.Statement.some(
            (statement: { Effect: string; Condition?: unknown }) =>
              statement.Effect === 'Deny' &&
              JSON.stringify(statement.Condition).includes('"aws:SecureTransport":"false"'),
          ),
        )
        .flatMap(([, { Properties }]) => [Properties[key]].flat().map(textOf));
    const queues = resources('AWS::SQS::Queue').map(([id]) => id);
    expect(queues).toHaveLength(AGENTS.length + PLATFORM_QUEUES.length + 1);
    expect(protectedBy('AWS::SQS::QueuePolicy', 'Queues').sort()).toEqual(queues.sort());
    expect(protectedBy('AWS::S3::BucketPolicy', 'Bucket')).toEqual(
      resources('AWS::S3::Bucket').map(([id]) => id),
    );
  });

  test('allows everything only where AWS knows nothing narrower', () => {
    const wide = templates
      .flatMap(roleStatements)
      .filter(({ resources }) => resources.includes('*'))
      .flatMap(({ actions }) => actions)
      .sort();
    expect([...new Set(wide)]).toEqual(WIDE_ACTIONS);
  });

  test('never allows all actions of a service', () => {
    const actions = templates.flatMap(roleStatements).flatMap((statement) => statement.actions);
    expect(actions.length).toBeGreaterThan(0);
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  test('lets every function write its own log and no other', () => {
    const logs = templates
      .flatMap(roleStatements)
      .filter(({ actions }) => actions.includes('logs:PutLogEvents'));
    for (const { of, resources } of logs) {
      expect(resources).toEqual([`${of.replace(/Role[0-9A-F]{8}$/, '')}Logs.Arn`].map(matchingId));
    }
    expect(logs).toHaveLength(AGENTS.length + Object.keys(PLATFORM_ENVIRONMENTS).length);
  });
});

describe('A release', () => {
  test('keeps the queue and the function of a retired agent, which no state machine names', () => {
    const retired = agentContract({
      name: 'draw-picture',
      timeoutSeconds: 60,
      input: z.object({}),
      output: z.object({}),
    });
    const { agents, workflows } = createStacks(testApp(), {
      workflows: [supportWorkflow],
      retiredAgents: [retired],
    });
    const template = Template.fromStack(agents);
    template.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'signalbox-dev-draw-picture' });
    template.hasResourceProperties('AWS::Lambda::Function', {
      FunctionName: 'signalbox-dev-draw-picture',
    });
    expect(JSON.stringify(Template.fromStack(workflows))).not.toContain('draw-picture');
  });

  test('goes to consumers of events before agents, and to the front door last', () => {
    const { data, events, operations, agents, workflows, api } = createStacks(testApp(), {
      workflows: [supportWorkflow],
      retiredAgents: [],
    });
    const order = [data, events, operations, agents, workflows, api];
    for (const [i, stack] of order.entries()) {
      expect(stack.dependencies).toEqual(order.slice(Math.max(0, i - 1), i));
    }
  });
});

test('a state that may do something on every resource is a finding until its author explains it', () => {
  const app = testApp();
  const translate = (scope: Construct) =>
    new AgentWorkflow(scope, 'Translate', {
      contract: workflowContract({
        name: 'translate',
        deadlineSeconds: 60,
        input: z.unknown(),
        output: z.unknown(),
      }),
      definition: (flow) =>
        CallAwsService.jsonata(flow.scope, 'Translate', {
          service: 'translate',
          action: 'translateText',
          iamResources: ['*'],
        }),
    });
  createStacks(app, { workflows: [translate], retiredAgents: [] });
  expect(() => app.synth()).toThrow(
    /Translate.*IAM5\[Resource::\*\]|IAM5\[Resource::\*\].*Translate/s,
  );
});

/**
 * X-Ray and the delivery of vended logs have no resources to name (Service Authorization Reference);
 * state machines need both.
 */
const WIDE_ACTIONS = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

/** A logical id ends in a hash that says nothing. */
const matchingId = (id: string): unknown =>
  expect.stringMatching(id.replace('.', '[0-9A-F]{8}\\.'));
