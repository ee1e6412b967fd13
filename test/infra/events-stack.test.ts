import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { EventsStack } from '../../infra/stacks/events-stack.ts';
import { testApp } from '../support/deployment.ts';
import { roleStatements, textOf } from '../support/template.ts';

const template = Template.fromStack(new EventsStack(testApp()));

describe('EventsStack', () => {
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

  test('archives events from the oldest on, one batch of a shard at a time, without reading anything else', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 2000,
      MaximumBatchingWindowInSeconds: 5,
      ParallelizationFactor: 1,
      MaximumRetryAttempts: Match.absent(), // without a limit
    });
    const allowed = roleStatements(template)
      .filter(({ of }) => of.startsWith('ArchiveEvents'))
      .flatMap(({ actions }) => actions)
      .filter((action) => /^(s3|dynamodb):/.test(action));
    expect(allowed.toSorted()).toEqual(['dynamodb:UpdateItem', 's3:PutObject']);
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
});

describe('What consumers of the stream may do', () => {
  test('lets the projector write the read model, and of the ledger read its lanes and replays only', () => {
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
      [['checkpoints#*'], ['dynamodb:Query', 'dynamodb:UpdateItem']],
      [['outbox#*'], ['dynamodb:BatchWriteItem']],
      [['replays#*'], ['dynamodb:GetItem', 'dynamodb:PutItem']],
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

describe("EventsStack's exporter", () => {
  const templateOf = (config: Parameters<typeof testApp>[0] = {}) =>
    Template.fromStack(new EventsStack(testApp(config)));
  const variables = (template: Template): Readonly<Record<string, unknown>> => {
    const [worker] = Object.values(
      template.findResources('AWS::Lambda::Function', {
        Properties: { FunctionName: 'signalbox-dev-export-events' },
      }),
    );
    return worker?.Properties.Environment.Variables;
  };

  test("has a bus for the account's own rules, and may put events on that one only", () => {
    const template = templateOf();
    template.hasResourceProperties('AWS::Events::EventBus', { Name: 'signalbox-dev-lifecycle' });
    const putting = roleStatements(template).filter(({ actions }) =>
      actions.includes('events:PutEvents'),
    );
    expect(putting.map(({ of, resources }) => [of.startsWith('Exporter'), ...resources])).toEqual([
      [true, expect.stringMatching(/:event-bus\/signalbox-dev-lifecycle$/)],
    ]);
  });

  test('follows the stream, with many events to a batch', () => {
    const mappings = templateOf().findResources('AWS::Lambda::EventSourceMapping', {
      Properties: { BatchSize: 500 },
    });
    expect(Object.values(mappings).map(({ Properties }) => Properties)).toMatchObject([
      { StartingPosition: 'TRIM_HORIZON', FunctionResponseTypes: ['ReportBatchItemFailures'] },
    ]);
  });

  test('sends traces nowhere unless the configuration says where', () => {
    expect(Object.keys(variables(templateOf())).filter((name) => name.startsWith('OTEL'))).toEqual(
      [],
    );
    const telemetry = {
      otlpEndpoint: 'https://otlp.example.com',
      otlpHeaders: { 'x-tenant': 'a, b=c' },
    };
    expect(variables(templateOf({ config: { telemetry } }))).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otlp.example.com',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=a%2C%20b%3Dc',
    });
  });
});

describe('what is fed the past', () => {
  test('has a queue of orders each: encrypted, one order at a time, given up to the dead letters', () => {
    const names = ['project-events', 'route-events', 'export-events'].map(
      (name) => `${name}-replays`,
    );
    for (const name of [...names, 'rebuild-read-model']) {
      template.hasResourceProperties('AWS::SQS::Queue', {
        QueueName: `signalbox-dev-${name}`,
        SqsManagedSseEnabled: true,
        RedrivePolicy: { maxReceiveCount: 12 },
      });
    }
  });

  test('may read the archive and never write it', () => {
    const onArchive = roleStatements(template)
      .filter(({ of }) => !of.startsWith('ArchiveEvents'))
      .filter(({ resources }) => resources.some((resource) => resource.includes('-archive-')));
    expect(onArchive.map(({ actions }) => actions)).toEqual(
      Array.from({ length: 4 }, () => ['s3:GetObject', 's3:ListBucket']),
    );
  });

  test('makes tables beside the read model, and deletes none', () => {
    const made = roleStatements(template).filter(({ resources }) =>
      resources.some((resource) => resource.includes('read-model-*')),
    );
    expect(made.map(({ of }) => of.startsWith('RebuildReadModel'))).toEqual([true]);
    expect(made.flatMap(({ actions }) => actions)).not.toContain('dynamodb:DeleteTable');
  });
});
