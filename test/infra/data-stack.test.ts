import { Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { Stage } from '../../infra/config.ts';
import { DataStack } from '../../infra/stacks/data-stack.ts';
import { testApp } from '../support/deployment.ts';

const TABLES = ['ledger', 'read-model', 'limits'];
const dataOf = (stage: Stage): DataStack => new DataStack(testApp({ stage }));

const dev = Template.fromStack(dataOf('dev'));

describe('DataStack', () => {
  const template = dev;

  test.each(TABLES)('keeps %s on demand, restorable to any second, with expiring items', (name) => {
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TableName: `signalbox-dev-${name}`,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      Replicas: [
        Match.objectLike({
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
  });

  test('lists runs by tenant, workflow, status and tag, each in order of time', () => {
    const index = (IndexName: string, partition: string) => ({
      IndexName,
      KeySchema: [
        { AttributeName: partition, KeyType: 'HASH' },
        { AttributeName: 'acceptedKey', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'KEYS_ONLY' },
    });
    template.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      TableName: 'signalbox-dev-read-model',
      GlobalSecondaryIndexes: [
        index('byTenant', 'tenantKey'),
        index('byWorkflow', 'workflowKey'),
        index('byStatus', 'statusKey'),
        index('byTag', 'tagKey'),
      ],
    });
  });

  test('encrypts events, payloads and dead letters', () => {
    template.hasResourceProperties('AWS::Kinesis::Stream', {
      Name: 'signalbox-dev-events',
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    });
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'signalbox-dev-dead-letters',
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
  });
});

describe('The buckets, dead letters and ids of DataStack', () => {
  const template = dev;

  test('keeps payloads from the public, and not for ever', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ ExpirationInDays: 30, Status: 'Enabled' })],
      },
    });
  });

  test('keeps the archive from the public and from who has no TLS, for as long as it is replayed', () => {
    template.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: Match.objectLike({
        'Fn::Join': ['', Match.arrayWith(['signalbox-dev-archive-'])],
      }),
      PublicAccessBlockConfiguration: Match.objectLike({ RestrictPublicBuckets: true }),
      LifecycleConfiguration: {
        Rules: [Match.objectLike({ ExpirationInDays: 90, Status: 'Enabled' })],
      },
    });
  });

  test('lets only the rule of run status changes put messages into the dead letters', () => {
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

  test('keeps the ids of what holds data: another id is another, empty resource', () => {
    const stateful = /^AWS::(DynamoDB|Kinesis|S3::Bucket$|SQS::Queue$)/;
    const resources: Record<string, { Type: string }> = template.toJSON().Resources;
    const ids = Object.entries(resources)
      .filter(([, { Type }]) => stateful.test(Type))
      .map(([id, { Type }]) => `${id}: ${Type}`);
    expect(ids.sort()).toMatchInlineSnapshot(`
      [
        "ArchiveDA4CB258: AWS::S3::Bucket",
        "DeadLettersBBF8BAAB: AWS::SQS::Queue",
        "EventsD32975C2: AWS::Kinesis::Stream",
        "LedgerB7379752: AWS::DynamoDB::GlobalTable",
        "LimitsA6AFC87B: AWS::DynamoDB::GlobalTable",
        "PayloadsCDFAA0A2: AWS::S3::Bucket",
        "ReadModel464BD010: AWS::DynamoDB::GlobalTable",
      ]
    `);
  });
});

describe('The data of prod', () => {
  const stack = dataOf('prod');
  const template = Template.fromStack(stack);

  test('outlives its stack, which itself refuses to be deleted, but not a first deployment that fails', () => {
    expect(stack.terminationProtection).toBe(true);
    for (const type of [
      'AWS::DynamoDB::GlobalTable',
      'AWS::Kinesis::Stream',
      'AWS::S3::Bucket',
      'AWS::SQS::Queue',
    ]) {
      template.allResources(type, {
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      });
    }
  });

  test('has tables that such a rollback can delete', () => {
    template.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      Replicas: [Match.objectLike({ DeletionProtectionEnabled: Match.absent() })],
    });
  });

  test('streams on demand', () => {
    template.hasResourceProperties('AWS::Kinesis::Stream', {
      StreamModeDetails: { StreamMode: 'ON_DEMAND' },
      RetentionPeriodHours: 168,
    });
  });
});
