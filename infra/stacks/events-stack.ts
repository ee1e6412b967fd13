import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { ProjectorEnvironment, RunStatusEnvironment } from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { StageConfig } from '../config.ts';
import { Deployment } from '../constructs/deployment.ts';
import { LeanFunction } from '../constructs/lean-function.ts';
import {
  acknowledgeEveryExecution,
  consumeQueue,
  describeRuns,
  keepRuns,
  meterStages,
  parkDeadLetters,
  parkMessages,
  publishEvents,
  readEvents,
  writeReadModel,
} from '../constructs/permissions.ts';

const PUBLISH_TIMEOUT_SECONDS = 30;
/** How long the record behind a parked place can still be read from the stream. */
const HOURS_TO_READ_PARKED = 4;
/** Lambda's longest record age. */
const MAX_RECORD_AGE_HOURS = 168;

/** What reads the event stream, and what brings the status of runs into it. */
export class EventsStack extends Stack {
  readonly #deployment: Deployment;
  readonly #deadLetters: IQueue;

  constructor(scope: Construct) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('events'), {
      description: 'Signalbox events: projector, run status',
    });
    this.#deployment = deployment;
    this.#deadLetters = Queue.fromQueueArn(
      this,
      'DeadLetters',
      deployment.queueArn(PLATFORM_NAMES.deadLetters),
    );
    this.#projectEvents();
    this.#publishRunStatus();
  }

  /** Event stream → read model. */
  #projectEvents(): void {
    const environment = {
      STAGE: this.#deployment.stage,
      READ_MODEL_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.readModel),
      LEDGER_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.ledger),
      LIMITS_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.limits),
    } satisfies ProjectorEnvironment;
    const projector = new LeanFunction(this, 'ProjectEvents', {
      name: PLATFORM_NAMES.projectEvents,
      description: 'Signalbox: keeps the read model, samples the stages',
      timeout: Duration.seconds(60),
      environment,
      permissions: [
        readEvents(this.#deployment),
        writeReadModel(this.#deployment),
        parkDeadLetters(this.#deployment),
        parkMessages(this.#deployment),
        meterStages(this.#deployment),
      ],
    });
    new EventSourceMapping(this, 'EventSource', {
      target: projector.resource,
      eventSourceArn: this.#deployment.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 100,
      // Projections commute, and events of one run stay in order all the same.
      parallelizationFactor: 4,
      // What cannot be read is parked by the function itself. What else fails is the function or a
      // table, for all events alike: retries without a count outlast that, so that no event is lost.
      // A failure fails the batch, which is halved until the event that fails is alone.
      bisectBatchOnError: true,
      maxRecordAge: longestAge(this.#deployment.config),
      onFailure: new SqsDlq(this.#deadLetters),
    });
  }

  /** Step Functions → EventBridge → queue → event stream. */
  #publishRunStatus(): void {
    const name = PLATFORM_NAMES.runStatus;
    const queue = new Queue(this, 'RunStatus', {
      queueName: this.#deployment.name(name),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(10),
      visibilityTimeout: Duration.seconds(6 * PUBLISH_TIMEOUT_SECONDS),
      deadLetterQueue: { queue: this.#deadLetters, maxReceiveCount: 12 },
    });
    new Rule(this, 'RunStatusChanges', {
      ruleName: this.#deployment.name(name),
      description: "Status changes of this stage's runs",
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [{ prefix: this.#deployment.stateMachineArnPrefix }] },
      },
      targets: [new SqsQueue(queue, { deadLetterQueue: this.#deadLetters })],
    });
    const environment = {
      STAGE: this.#deployment.stage,
      LEDGER_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.ledger),
      EVENT_STREAM_NAME: this.#deployment.name(PLATFORM_NAMES.events),
    } satisfies RunStatusEnvironment;
    const publisher = new LeanFunction(this, 'PublishRunStatus', {
      name: PLATFORM_NAMES.publishRunStatus,
      description: 'Signalbox: brings the status of runs into the event stream',
      timeout: Duration.seconds(PUBLISH_TIMEOUT_SECONDS),
      environment,
      permissions: [
        consumeQueue(queue.queueArn),
        keepRuns(this.#deployment),
        ...publishEvents(this.#deployment),
        describeRuns(this.#deployment),
      ],
    });
    acknowledgeEveryExecution(publisher.role, this.#deployment);
    new EventSourceMapping(this, 'RunStatusSource', {
      target: publisher.resource,
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
  }
}

/** Age at which an event is given up: only its place in the stream is parked, so the stream must still hold it. */
const longestAge = ({ stream }: StageConfig): Duration =>
  Duration.hours(Math.min(MAX_RECORD_AGE_HOURS, stream.retentionHours - HOURS_TO_READ_PARKED));
