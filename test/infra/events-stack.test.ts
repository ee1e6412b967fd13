import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { EventsStack } from '../../infra/stacks/events-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

describe('EventsStack', () => {
  const template = Template.fromStack(new EventsStack(testApp()));

  test('projects events from the oldest on, and retries for as long as the stream holds them', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: Match.absent(), // without a limit
      MaximumRecordAgeInSeconds: 20 * 3600,
      ParallelizationFactor: 4,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
      // A partial answer would be taken for success by a cloud that does not know it.
      FunctionResponseTypes: Match.absent(),
    });
  });

  test("brings status changes of this stage's state machines to the queue", () => {
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    expect(rule?.Properties).toMatchObject({
      Name: 'signalbox-dev-run-status',
      EventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
      },
    });
    const arns: { prefix: unknown }[] | undefined =
      rule?.Properties.EventPattern.detail.stateMachineArn;
    expect(arns?.map(({ prefix }) => textOf(prefix))).toEqual([
      expect.stringMatching(/:stateMachine:signalbox-dev-$/),
    ]);
  });

  test('keeps a status change that cannot be delivered', () => {
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    expect(textOf(rule?.Properties.Targets[0].DeadLetterConfig.Arn)).toMatch(
      /:signalbox-dev-dead-letters$/,
    );
  });

  test('lets only that rule send to the queue', () => {
    template.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': Match.anyValue() } },
          }),
        ]),
      },
    });
  });

  test('lets the projector write the read model, and add to the ledger without reading it', () => {
    const byTable = roleStatements(template)
      .filter(({ of }) => of.startsWith('ProjectEvents'))
      .flatMap(({ actions, resources }) =>
        resources.map((resource) => [resource.split('/').at(-1), actions] as const),
      )
      .filter(
        ([table]) => table === 'signalbox-dev-read-model' || table === 'signalbox-dev-ledger',
      );
    expect(Object.fromEntries(byTable)).toEqual({
      'signalbox-dev-read-model': [
        'dynamodb:BatchWriteItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
      ],
      'signalbox-dev-ledger': ['dynamodb:PutItem'],
    });
  });

  test("lets the publisher describe executions of this stage's workflows, and nothing more of them", () => {
    const states = roleStatements(template)
      .filter(({ of }) => of.startsWith('PublishRunStatus'))
      .filter(({ actions }) => actions.some((action) => action.startsWith('states:')));
    expect(states.map(({ actions, resources }) => [actions, resources])).toEqual([
      [['states:DescribeExecution'], [expect.stringMatching(/:execution:signalbox-dev-\*$/)]],
    ]);
  });
});

describe('What the projector gives up', () => {
  test.each([
    [24, 20],
    [168, 164],
    [8760, 168], // Lambda's longest
  ])(
    'is what it could not project in time: from a stream that keeps %d h, after %d h',
    (retentionHours, hours) => {
      const app = testApp({ config: { stream: { mode: 'provisioned', retentionHours } } });
      Template.fromStack(new EventsStack(app)).hasResourceProperties(
        'AWS::Lambda::EventSourceMapping',
        { BisectBatchOnFunctionError: true, MaximumRecordAgeInSeconds: hours * 3600 },
      );
    },
  );
});
