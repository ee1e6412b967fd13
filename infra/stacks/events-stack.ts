import { Duration, Stack } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import {
  EventSourceMapping,
  type EventSourceMappingOptions,
  StartingPosition,
} from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { replayQueue } from '#runtime/contracts/consumers.ts';
import type {
  ArchiverEnvironment,
  ProjectorEnvironment,
  RebuildEnvironment,
} from '#runtime/contracts/environment.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { DeployedSubscriptions } from '#runtime/contracts/subscriptions.ts';
import type { StageConfig } from '../config.ts';
import { Deployment } from '../constructs/deployment.ts';
import { EventExporter } from '../constructs/event-exporter.ts';
import { LeanFunction } from '../constructs/lean-function.ts';
import {
  acknowledgeArchive,
  acknowledgeMadeReadModels,
  makeReadModels,
  replayPast,
  writeArchive,
} from '../constructs/past-permissions.ts';
import {
  acknowledgeEveryExecution,
  consumeQueue,
  describeRuns,
  followStream,
  keepCheckpoints,
  keepRuns,
  measureLag,
  meterStages,
  parkMessages,
  publishEvents,
  readEvents,
  readReadModel,
  writeReadModel,
} from '../constructs/permissions.ts';
import { platformEnvironment } from '../constructs/platform-environment.ts';
import { ReplayQueue, replayEnvironment } from '../constructs/replays.ts';
import { Router } from '../constructs/router.ts';

const PUBLISH_TIMEOUT_SECONDS = 30;
/** How long the record behind a parked place can still be read from the stream. */
const HOURS_TO_READ_PARKED = 4;
/** Lambda's longest record age. */
const MAX_RECORD_AGE_HOURS = 168;

/** What reads the event stream, and what brings the status of runs into it. */
export class EventsStack extends Stack {
  readonly #deployment: Deployment;
  readonly #deadLetters: IQueue;

  /** @param subscriptions whose rules the router follows @default - none */
  constructor(scope: Construct, subscriptions: readonly DeployedSubscriptions[] = []) {
    const deployment = Deployment.of(scope);
    super(deployment.home, deployment.name('events'), {
      description: 'Signalbox events: projector, archiver, run status',
    });
    this.#deployment = deployment;
    this.#deadLetters = Queue.fromQueueArn(
      this,
      'DeadLetters',
      deployment.queueArn(PLATFORM_NAMES.deadLetters),
    );
    this.#projectEvents();
    this.#routeEvents(subscriptions);
    this.#archiveEvents();
    this.#exportEvents();
    this.#rebuildReadModel();
    this.#publishRunStatus();
  }

  /** Event stream → read model. */
  #projectEvents(): void {
    const orders = replayQueue('projector');
    const environment = {
      ...replayEnvironment(this.#deployment, orders),
      READ_MODEL_TABLE_NAME: this.#deployment.name(this.#deployment.readModel),
      LIMITS_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.limits),
    } satisfies ProjectorEnvironment;
    const projector = new LeanFunction(this, 'ProjectEvents', {
      name: PLATFORM_NAMES.projectEvents,
      description: 'Signalbox: keeps the read model, samples the stages',
      timeout: Duration.seconds(60),
      environment,
      permissions: [
        ...followStream(this.#deployment),
        ...replayPast(this.#deployment, orders),
        writeReadModel(this.#deployment),
        meterStages(this.#deployment),
      ],
    });
    acknowledgeArchive(projector.role, this.#deployment);
    this.#takeOrders('ProjectorReplays', orders, projector);
    // Events of one run stay in order all the same.
    this.#follow('EventSource', projector, { batchSize: 100, parallelizationFactor: 4 });
  }

  /** Event stream → archive. */
  #archiveEvents(): void {
    const environment = {
      STAGE: this.#deployment.stage,
      LEDGER_TABLE_NAME: this.#deployment.name(PLATFORM_NAMES.ledger),
      ARCHIVE_BUCKET_NAME: this.#deployment.archiveBucketName,
    } satisfies ArchiverEnvironment;
    const archiver = new LeanFunction(this, 'ArchiveEvents', {
      name: PLATFORM_NAMES.archiveEvents,
      description: 'Signalbox: keeps every event of the stream',
      timeout: Duration.seconds(60),
      environment,
      permissions: [
        readEvents(this.#deployment),
        parkMessages(this.#deployment),
        keepCheckpoints(this.#deployment),
        writeArchive(this.#deployment),
      ],
    });
    acknowledgeArchive(archiver.role, this.#deployment);
    this.#follow('ArchiveSource', archiver, {
      // An object for each batch: as large as an invocation takes (6 MB), and not much later than its events.
      batchSize: 2000,
      maxBatchingWindow: Duration.seconds(5),
      // One batch of a shard at a time: what lies before the checkpoint is in the archive, all of it.
      parallelizationFactor: 1,
    });
  }

  /** Event stream → traces, metrics, lifecycle events. */
  #exportEvents(): void {
    const exporter = new EventExporter(this, 'Exporter');
    this.#takeOrders('ExporterReplays', replayQueue('exporter'), exporter.function);
    // A few requests for each batch: the larger, the fewer.
    this.#follow('ExportSource', exporter.function, {
      batchSize: 500,
      maxBatchingWindow: Duration.seconds(2),
      parallelizationFactor: 2,
    });
  }

  /** Event stream → reactions of agents, ends of waits. */
  #routeEvents(subscriptions: readonly DeployedSubscriptions[]): void {
    const { function: router } = new Router(this, 'Router', {
      subscriptions,
      deadLetters: this.#deadLetters,
    });
    this.#takeOrders('RouterReplays', replayQueue('router'), router);
    this.#follow('RouterSource', router, { batchSize: 100, parallelizationFactor: 4 });
  }

  /** Archive → a fresh read model. */
  #rebuildReadModel(): void {
    const name = PLATFORM_NAMES.rebuildReadModel;
    const environment = {
      ...replayEnvironment(this.#deployment, name),
      READ_MODEL_TABLE_NAME: this.#deployment.name(this.#deployment.readModel),
      TABLE_NAME_PREFIX: this.#deployment.name(''),
    } satisfies RebuildEnvironment;
    const rebuilder = new LeanFunction(this, 'RebuildReadModel', {
      name,
      description: 'Signalbox: makes the read model anew of the archive',
      timeout: Duration.seconds(60),
      environment,
      permissions: [
        ...replayPast(this.#deployment, name),
        measureLag(this.#deployment),
        readReadModel(this.#deployment),
        ...makeReadModels(this.#deployment),
      ],
    });
    acknowledgeArchive(rebuilder.role, this.#deployment);
    acknowledgeMadeReadModels(rebuilder.role, this.#deployment);
    this.#takeOrders('Rebuilds', name, rebuilder);
  }

  #takeOrders(id: string, name: string, consumer: LeanFunction): void {
    new ReplayQueue(this, id, { name, consumer, deadLetters: this.#deadLetters });
  }

  /**
   * Feeds a function from the oldest event on. What it cannot handle it parks itself; what else fails
   * is the function or something that it needs, for all events alike: the batch comes again from the
   * first event that was not dealt with, without a limit, so that no event is lost.
   */
  #follow(
    id: string,
    consumer: LeanFunction,
    batches: Pick<
      EventSourceMappingOptions,
      'batchSize' | 'parallelizationFactor' | 'maxBatchingWindow'
    >,
  ): void {
    new EventSourceMapping(this, id, {
      ...batches,
      target: consumer.resource,
      eventSourceArn: this.#deployment.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      reportBatchItemFailures: true,
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
    const environment = platformEnvironment(this.#deployment);
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
