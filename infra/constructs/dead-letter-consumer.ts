import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { DeadLetterEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { Deployment } from './deployment.ts';
import { LeanFunction } from './lean-function.ts';
import {
  acknowledgeEveryQueue,
  acknowledgeEveryWorkflow,
  answerTasks,
  consumeQueue,
  publishEvents,
  retryReactions,
  scheduleRuns,
  useLedger,
} from './permissions.ts';
import { platformEnvironment } from './platform-environment.ts';

/**
 * The dead-letter queue hides a message six times as long: no batch is handed out twice, and what has to
 * wait comes again after three minutes.
 */
export const SETTLE_TIMEOUT = Duration.seconds(30);

/** What ends the steps of given-up messages, and parks whatever else was given up. */
export class DeadLetterConsumer extends Construct {
  readonly function: LeanFunction;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const { deadLetters, settleDeadLetters } = PLATFORM_NAMES;
    const environment = {
      ...platformEnvironment(deployment),
      QUEUE_URL_PREFIX: deployment.queueUrl(''),
      STREAM_RETENTION_HOURS: String(deployment.config.stream.retentionHours),
    } satisfies DeadLetterEnvironment;
    this.function = new LeanFunction(this, 'SettleDeadLetters', {
      name: settleDeadLetters,
      description: 'Signalbox: ends the steps of given-up messages, parks dead letters',
      timeout: SETTLE_TIMEOUT,
      environment,
      permissions: [
        consumeQueue(deployment.queueArn(deadLetters)),
        useLedger(deployment),
        scheduleRuns(deployment),
        ...publishEvents(deployment),
        answerTasks(deployment),
        retryReactions(deployment),
      ],
    });
    acknowledgeEveryWorkflow(this.function.role, deployment);
    acknowledgeEveryQueue(this.function.role, deployment);
    new EventSourceMapping(this, 'Source', {
      target: this.function.resource,
      eventSourceArn: deployment.queueArn(deadLetters),
      batchSize: 10,
      // Nothing here is urgent, and a flood of letters must not take the account's concurrency.
      maxConcurrency: 2,
      reportBatchItemFailures: true,
    });
  }
}
