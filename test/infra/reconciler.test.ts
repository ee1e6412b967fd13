import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { OperationsStack } from '../../infra/stacks/operations-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

describe('The reconciler', () => {
  const template = Template.fromStack(new OperationsStack(testApp()));

  test('begins a round every minute; one that fails is left to the next', () => {
    const [rule] = Object.values(template.findResources('AWS::Events::Rule'));
    expect(rule?.Properties).toMatchObject({
      Name: 'signalbox-dev-reconcile',
      ScheduleExpression: 'rate(1 minute)',
      State: 'ENABLED',
      Targets: [{ RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } }],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^Reconciler') },
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Action: 'lambda:InvokeFunction',
      Principal: 'events.amazonaws.com',
    });
  });

  test('may start, stop and describe runs, and read and write single records', () => {
    const allowed = roleStatements(template)
      .filter(({ of }) => of.startsWith('Reconciler'))
      .flatMap(({ actions, resources }) =>
        actions.map((action) => `${action} ${resources.map(lastPart).join()}`),
      );
    expect(allowed).toEqual(
      expect.arrayContaining([
        'states:StartExecution signalbox-dev-*',
        'states:StopExecution signalbox-dev-*',
        'states:DescribeExecution signalbox-dev-*',
        'dynamodb:GetItem table/signalbox-dev-ledger',
        'dynamodb:PutItem table/signalbox-dev-ledger',
        'kinesis:PutRecords stream/signalbox-dev-events',
      ]),
    );
  });

  test('may write without a condition, and delete, in the areas of the outbox and of due runs only', () => {
    const [role] = Object.entries(template.findResources('AWS::IAM::Role')).flatMap(([id, role]) =>
      id.startsWith('Reconciler') ? [role] : [],
    );
    const statements: readonly {
      readonly Action: unknown;
      readonly Resource: unknown;
      readonly Condition?: unknown;
    }[] = role?.Properties.Policies[0].PolicyDocument.Statement;
    const batch = statements.filter(({ Action }) =>
      [Action].flat().includes('dynamodb:BatchWriteItem'),
    );
    expect(batch.map(({ Condition }) => Condition)).toEqual(
      ['outbox#*', 'due#*'].map((key) => ({
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [key] },
      })),
    );
    expect(batch.map(({ Resource }) => textOf(Resource).split('/').at(-1))).toEqual(
      batch.map(() => 'signalbox-dev-ledger'),
    );
    const actions = statements.flatMap(({ Action }) => [Action].flat());
    expect(actions).not.toContain('dynamodb:DeleteItem');
  });
});

const lastPart = (arn: string): string => arn.split(':').at(-1) ?? '';
