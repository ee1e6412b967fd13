import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ReplayableEnvironment } from '#runtime/contracts/environment.ts';
import { Deployment } from './deployment.ts';
import type { LeanFunction } from './lean-function.ts';
import { platformEnvironment } from './platform-environment.ts';

/** Of the functions that take orders. */
const TIMEOUT_SECONDS = 60;

export interface ReplayQueueProps {
  /** Short name. */
  readonly name: string;
  /** Whose permissions hold `replayPast`, and whose environment is that of `replayEnvironment`. */
  readonly consumer: LeanFunction;
  readonly deadLetters: IQueue;
}

/** The queue that tells a function to replay the past, or to drain its lanes; it takes one order at a time. */
export class ReplayQueue extends Construct {
  constructor(scope: Construct, id: string, { name, consumer, deadLetters }: ReplayQueueProps) {
    super(scope, id);
    const queue = new Queue(this, 'Queue', {
      queueName: Deployment.of(this).name(name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(10),
      visibilityTimeout: Duration.seconds(6 * TIMEOUT_SECONDS),
      // A replay whose message was given up says so by standing still; it can be set going again.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 12 },
    });
    new EventSourceMapping(this, 'Source', {
      target: consumer.resource,
      eventSourceArn: queue.queueArn,
      batchSize: 1,
      // The smallest that there is.
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    });
  }
}

export const replayEnvironment = (
  deployment: Deployment,
  queue: string,
): ReplayableEnvironment => ({
  ...platformEnvironment(deployment),
  ARCHIVE_BUCKET_NAME: deployment.archiveBucketName,
  REPLAY_QUEUE_URL: deployment.queueUrl(queue),
});
