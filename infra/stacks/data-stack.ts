import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AttributeType,
  Billing,
  type GlobalSecondaryIndexPropsV2,
  ProjectionType,
  TableEncryptionV2,
  TableV2,
} from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import {
  READ_MODEL_INDEXES,
  READ_MODEL_SORT,
  TABLE_KEY,
  TTL_ATTRIBUTE,
} from '#runtime/contracts/tables.ts';
import { SETTLE_TIMEOUT } from '../constructs/dead-letter-consumer.ts';
import { Deployment } from '../constructs/deployment.ts';

/**
 * Everything that holds data: tables, event stream, buckets of payloads and past events, dead letters.
 *
 * The ids of constructs here are part of the contract with deployed stages: renaming one replaces
 * the resource and what is in it.
 *
 * Retained data outlives updates and the stack, but not a first deployment that fails: names are
 * fixed, and what such a deployment left behind would block the next one. For the same reason
 * tables have no deletion protection, which would stop that very rollback. Against a table that is
 * deleted by hand there is the point-in-time recovery: DynamoDB keeps its last state for 35 days.
 */
export class DataStack extends Stack {
  readonly #deployment: Deployment;
  readonly #removalPolicy: RemovalPolicy;

  constructor(scope: Construct) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('data'), {
      description: 'Signalbox data: tables, event stream, payloads, archive, dead letters',
      terminationProtection: deployment.config.retainData,
    });
    this.#deployment = deployment;
    this.#removalPolicy = deployment.config.retainData
      ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
      : RemovalPolicy.DESTROY;
    this.#table('Ledger', PLATFORM_NAMES.ledger);
    this.#table('ReadModel', PLATFORM_NAMES.readModel, readModelIndexes());
    this.#table('Limits', PLATFORM_NAMES.limits);
    this.#events();
    this.#payloads();
    this.#archive();
    this.#deadLetters();
  }

  #table(id: string, name: string, indexes: GlobalSecondaryIndexPropsV2[] = []): void {
    new TableV2(this, id, {
      tableName: this.#deployment.name(name),
      partitionKey: { name: TABLE_KEY.partition, type: AttributeType.STRING },
      sortKey: { name: TABLE_KEY.sort, type: AttributeType.STRING },
      globalSecondaryIndexes: indexes,
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: TTL_ATTRIBUTE,
      removalPolicy: this.#removalPolicy,
    });
  }

  #events(): void {
    const { mode, retentionHours } = this.#deployment.config.stream;
    new Stream(this, 'Events', {
      streamName: this.#deployment.name(PLATFORM_NAMES.events),
      streamMode: mode === 'on-demand' ? StreamMode.ON_DEMAND : StreamMode.PROVISIONED,
      ...(mode === 'provisioned' ? { shardCount: 1 } : {}),
      retentionPeriod: Duration.hours(retentionHours),
      encryption: StreamEncryption.MANAGED,
      removalPolicy: this.#removalPolicy,
    });
  }

  #payloads(): void {
    const { payloadBucketName, config } = this.#deployment;
    const bucket = this.#bucket('Payloads', payloadBucketName, config.payloadRetentionDays);
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs need a bucket of their own, which is a choice of the account; CloudTrail data events say the same. Only agents and the API have access, under names that are hashes of what they hold.',
    });
  }

  /** Every event that was in the stream, by the hour of its arrival. */
  #archive(): void {
    const { archiveBucketName, config } = this.#deployment;
    const bucket = this.#bucket('Archive', archiveBucketName, config.archiveRetentionDays);
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs need a bucket of their own, which is a choice of the account; CloudTrail data events say the same. Only the archiver writes, and only replays read.',
    });
  }

  #bucket(id: string, bucketName: string, retentionDays: number): Bucket {
    return new Bucket(this, id, {
      bucketName,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      lifecycleRules: [
        {
          expiration: Duration.days(retentionDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: this.#removalPolicy,
    });
  }

  /** One for all queues. Its consumer ends the steps of what arrives, and keeps its cause in the ledger. */
  #deadLetters(): void {
    const queue = new Queue(this, 'DeadLetters', {
      queueName: this.#deployment.name(PLATFORM_NAMES.deadLetters),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      visibilityTimeout: Duration.seconds(6 * SETTLE_TIMEOUT.toSeconds()),
      removalPolicy: this.#removalPolicy,
    });
    // Status changes that EventBridge could not deliver. The rule is in a later stack, so by name.
    queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: {
          ArnEquals: { 'aws:SourceArn': this.#deployment.ruleArn(PLATFORM_NAMES.runStatus) },
        },
      }),
    );
    Validations.of(queue).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'This is the dead-letter queue of all others.',
    });
  }
}

/** An index holds whole items: a page of runs is one query. */
const readModelIndexes = (): GlobalSecondaryIndexPropsV2[] =>
  Object.entries(READ_MODEL_INDEXES).map(([indexName, partition]) => ({
    indexName,
    partitionKey: { name: partition, type: AttributeType.STRING },
    sortKey: { name: READ_MODEL_SORT, type: AttributeType.STRING },
    // Indexes find runs, their listings are read from the table: copies would only cost writes.
    projectionType: ProjectionType.KEYS_ONLY,
  }));
