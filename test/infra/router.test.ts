import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import { EventsStack } from '../../infra/stacks/events-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

const SUBSCRIPTIONS: DeployedSubscriptions = {
  name: 'chat',
  version: 'v1',
  rules: ['search-homes', 'qualify-lead', 'search-homes'].map((agent, n) => ({
    kind: 'event',
    name: `rule${n}`,
    agent,
    maxAttempts: 4,
    type: 'message.received',
    where: {},
    perRun: 'parallel',
    previous: {},
  })),
  quietSeconds: 60,
  deadlineSeconds: 3600,
};

const template = Template.fromStack(new EventsStack(testApp(), [SUBSCRIPTIONS]));
const statements = roleStatements(template).filter(({ of }) => of.startsWith('Router'));
const allowed = (action: string): readonly string[] =>
  statements
    .filter(({ actions }) => actions.includes(action))
    .flatMap(({ resources }) => resources.map((resource) => resource.split(':').at(-1) ?? ''));

test('the router is told the rules', () => {
  const [router] = Object.values(
    template.findResources('AWS::Lambda::Function', {
      Properties: { FunctionName: 'signalbox-dev-route-events' },
    }),
  );
  const told = router?.Properties.Environment.Variables.SUBSCRIPTIONS;
  expect(JSON.parse(told)).toEqual([SUBSCRIPTIONS]);
});

test('it follows the stream from the oldest event on, and its own timers', () => {
  const routed = { FunctionName: { Ref: Match.stringLikeRegexp('^Router') } };
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    ...routed,
    StartingPosition: 'TRIM_HORIZON',
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: Match.absent(), // without a limit
  });
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
    ...routed,
    StartingPosition: Match.absent(),
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ScalingConfig: { MaximumConcurrency: 4 },
  });
});

test('a timer that cannot be handled twelve times is a dead letter', () => {
  const [queue] = Object.values(
    template.findResources('AWS::SQS::Queue', {
      Properties: { QueueName: 'signalbox-dev-timers' },
    }),
  );
  const { deadLetterTargetArn, maxReceiveCount } = queue?.Properties.RedrivePolicy ?? {};
  expect(textOf(deadLetterTargetArn)).toMatch(/:signalbox-dev-dead-letters$/);
  expect(maxReceiveCount).toBe(12);
});

test('it sends to the agents of its rules, to its own timers and orders and to the dead letters, and to nobody else', () => {
  expect([...new Set(allowed('sqs:SendMessage'))].sort()).toEqual([
    'signalbox-dev-dead-letters',
    'signalbox-dev-qualify-lead',
    'signalbox-dev-route-events-replays',
    'signalbox-dev-search-homes',
    'signalbox-dev-timers',
  ]);
});

test('it takes nothing from the ledger but lanes that it has emptied', () => {
  const deleting = statements.filter(({ actions }) => actions.includes('dynamodb:DeleteItem'));
  expect(deleting).toHaveLength(1);
});

test('without subscriptions it may send to no agent', () => {
  const bare = roleStatements(Template.fromStack(new EventsStack(testApp())))
    .filter(({ of, actions }) => of.startsWith('Router') && actions.includes('sqs:SendMessage'))
    .flatMap(({ resources }) => resources.map((resource) => resource.split(':').at(-1)));
  expect([...new Set(bare)].sort()).toEqual([
    'signalbox-dev-dead-letters',
    'signalbox-dev-route-events-replays',
    'signalbox-dev-timers',
  ]);
});
