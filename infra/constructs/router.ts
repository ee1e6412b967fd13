import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { replayQueue } from '#runtime/contracts/consumers.ts';
import type { RouterEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import { Deployment } from './deployment.ts';
import { LeanFunction } from './lean-function.ts';
import { acknowledgeArchive, replayPast } from './past-permissions.ts';
import {
  acknowledgeEveryWorkflow,
  answerTasks,
  consumeQueue,
  dispatchTasksTo,
  followStream,
  useLedger,
  wakeRuns,
} from './permissions.ts';
import { replayEnvironment } from './replays.ts';

const TIMEOUT = Duration.seconds(60);
/** Looks at runs that go on at a time: they are due together when a backlog was. */
const CONCURRENT_LOOKS = 4;

export interface RouterProps {
  readonly subscriptions: readonly DeployedSubscriptions[];
  readonly deadLetters: IQueue;
}

/** What lets agents react to events: its function, and the queue of its timers. The stream feeds it, too. */
export class Router extends Construct {
  readonly function: LeanFunction;

  constructor(scope: Construct, id: string, { subscriptions, deadLetters }: RouterProps) {
    super(scope, id);
    const deployment = Deployment.of(this);
    const environment = {
      ...replayEnvironment(deployment, replayQueue('router')),
      QUEUE_URL_PREFIX: deployment.queueUrl(''),
      SUBSCRIPTIONS: JSON.stringify(subscriptions),
    } satisfies RouterEnvironment;
    const queue = new Queue(this, 'Timers', {
      queueName: deployment.name(PLATFORM_NAMES.timers),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(10),
      visibilityTimeout: Duration.seconds(6 * TIMEOUT.toSeconds()),
      // What is lost with a timer the reconciler makes good: it wakes every run that goes on.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 12 },
    });
    this.function = new LeanFunction(this, 'RouteEvents', {
      name: PLATFORM_NAMES.routeEvents,
      description: 'Signalbox: lets agents react to events, ends waits for them',
      timeout: TIMEOUT,
      environment,
      permissions: [
        ...followStream(deployment),
        ...replayPast(deployment, replayQueue('router')),
        useLedger(deployment),
        ...dispatchTasksTo(deployment, agentsOf(subscriptions)),
        consumeQueue(queue.queueArn),
        wakeRuns(deployment),
        answerTasks(deployment),
      ],
    });
    acknowledgeEveryWorkflow(this.function.role, deployment);
    acknowledgeArchive(this.function.role, deployment);
    new EventSourceMapping(this, 'TimersSource', {
      target: this.function.resource,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      maxConcurrency: CONCURRENT_LOOKS,
      reportBatchItemFailures: true,
    });
  }
}

const agentsOf = (subscriptions: readonly DeployedSubscriptions[]): readonly string[] => [
  ...new Set(subscriptions.flatMap(({ rules }) => rules.map(({ agent }) => agent))),
];
