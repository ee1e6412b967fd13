import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { Deployment } from './deployment.ts';
import { LeanFunction } from './lean-function.ts';
import {
  acknowledgeEveryWorkflow,
  answerTasks,
  consumeQueue,
  publishEvents,
  scheduleRuns,
  useLedger,
} from './permissions.ts';
import { platformEnvironment } from './platform-environment.ts';

const TIMEOUT_SECONDS = 30;

/** The platform's queue, and the function that keeps what comes there: steps that wait. */
export class WaitServer extends Construct {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const { platform, servePlatform, deadLetters } = PLATFORM_NAMES;
    const queue = new Queue(this, 'Queue', {
      queueName: deployment.name(platform),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(10),
      visibilityTimeout: Duration.seconds(6 * TIMEOUT_SECONDS),
      deadLetterQueue: {
        queue: Queue.fromQueueArn(this, 'DeadLetters', deployment.queueArn(deadLetters)),
        maxReceiveCount: 12,
      },
    });
    const environment = platformEnvironment(deployment);
    const { resource, role } = new LeanFunction(this, 'ServePlatform', {
      name: servePlatform,
      description: 'Signalbox: keeps the steps that wait for events and people',
      timeout: Duration.seconds(TIMEOUT_SECONDS),
      environment,
      permissions: [
        consumeQueue(queue.queueArn),
        useLedger(deployment),
        scheduleRuns(deployment),
        ...publishEvents(deployment),
        answerTasks(deployment),
      ],
    });
    acknowledgeEveryWorkflow(role, deployment);
    new EventSourceMapping(this, 'Source', {
      target: resource,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }
}
