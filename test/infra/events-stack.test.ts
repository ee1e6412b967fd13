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
      BisectBatchOnFunctionError: Match.absent(), // a batch says itself from where it comes again
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: Match.absent(), // without a limit
      MaximumRecordAgeInSeconds: 20 * 3600,
      ParallelizationFactor: 4,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
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

  test('lets the projector write the read model, and of the ledger read its lanes only', () => {
    const statements = roleStatements(template)
      .filter(({ of }) => of.startsWith('ProjectEvents'))
      .map(({ actions, resources, conditions }) => ({
        actions,
        table: resources[0]?.split('/').at(-1),
        areas: JSON.stringify(conditions ?? {}).match(/\w+#\*/g) ?? [],
      }));
    const of = (table: string) => statements.filter((one) => one.table === table);
    expect(of('signalbox-dev-read-model').map(({ actions }) => actions)).toEqual([
      ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    ]);
    expect(of('signalbox-dev-ledger').map(({ actions, areas }) => [areas, actions])).toEqual([
      [[], ['dynamodb:PutItem']],
      [
        ['lane#*', 'lanes#*'],
        expect.arrayContaining(['dynamodb:BatchGetItem', 'dynamodb:DeleteItem']),
      ],
      [['checkpoints#*'], ['dynamodb:UpdateItem']],
      [['outbox#*'], ['dynamodb:BatchWriteItem']],
    ]);
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
        { StartingPosition: 'TRIM_HORIZON', MaximumRecordAgeInSeconds: hours * 3600 },
      );
    },
  );
});
