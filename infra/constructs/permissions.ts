import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { LEDGER_AREAS, LIMITS_AREAS, READ_MODEL_INDEXES } from '#runtime/contracts/tables.ts';
import type { Deployment } from './deployment.ts';
import { inLedgerArea } from './ledger-area.ts';
import { acknowledgeWildcard } from './wildcards.ts';

/** Compare and put, read back, list the calls of a step; never delete: what was done stays on record. */
export const useLedger = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
    ],
    resources: [deployment.tableArn(PLATFORM_NAMES.ledger)],
  });

/** Reads single records and writes them by compare and put: runs, dead letters. */
export const keepRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    resources: [deployment.tableArn(PLATFORM_NAMES.ledger)],
  });

/** Adds dead letters to the ledger, without reading it. */
const parkDeadLetters = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:PutItem'],
    resources: [deployment.tableArn(PLATFORM_NAMES.ledger)],
  });

export const readReadModel = (deployment: Deployment): PolicyStatement => {
  const table = deployment.tableArn(deployment.readModel);
  return new PolicyStatement({
    actions: ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:Query'],
    resources: [table, ...Object.keys(READ_MODEL_INDEXES).map((name) => `${table}/index/${name}`)],
  });
};

export const writeReadModel = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    resources: [deployment.tableArn(deployment.readModel)],
  });

/** Into the stream, or the outbox. */
export const publishEvents = (deployment: Deployment): PolicyStatement[] => [
  new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [deployment.streamArn] }),
  inLedgerArea(deployment, [LEDGER_AREAS.outbox], ['dynamodb:BatchWriteItem']),
];

/** Reads the outbox and empties it. */
export const relayEvents = (deployment: Deployment): PolicyStatement =>
  inLedgerArea(deployment, [LEDGER_AREAS.outbox], ['dynamodb:BatchWriteItem', 'dynamodb:Query']);

/** What everything needs that follows the event stream (`runtime/lambda/compose-consumer.ts`). */
export const followStream = (deployment: Deployment): PolicyStatement[] => [
  readEvents(deployment),
  parkMessages(deployment),
  parkDeadLetters(deployment),
  ...keepLanes(deployment),
  ...publishEvents(deployment),
];

/** Lanes of parked events, and how far a consumer has come. */
const keepLanes = (deployment: Deployment): PolicyStatement[] => [
  inLedgerArea(
    deployment,
    [LEDGER_AREAS.lanes, LEDGER_AREAS.laneIndex],
    [
      'dynamodb:BatchGetItem',
      'dynamodb:DeleteItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
  ),
  keepCheckpoints(deployment),
];

export const keepCheckpoints = (deployment: Deployment): PolicyStatement =>
  inLedgerArea(deployment, [LEDGER_AREAS.checkpoints], ['dynamodb:UpdateItem']);

/** Notes when a run is to be looked at. */
export const scheduleRuns = (deployment: Deployment): PolicyStatement =>
  inLedgerArea(deployment, [LEDGER_AREAS.dueRuns], ['dynamodb:BatchWriteItem']);

/** Finds the runs that are due, and notes when they are due again. */
export const findDueRuns = (deployment: Deployment): PolicyStatement =>
  inLedgerArea(deployment, [LEDGER_AREAS.dueRuns], ['dynamodb:BatchWriteItem', 'dynamodb:Query']);

/** Takes places in the lines of these quotas, and reports what became of its calls; never deletes. */
export const takeTickets = (
  deployment: Deployment,
  quotas: readonly string[],
): PolicyStatement[] =>
  quotas.length === 0
    ? []
    : [
        new PolicyStatement({
          actions: ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
          resources: [deployment.tableArn(PLATFORM_NAMES.limits)],
          conditions: {
            'ForAllValues:StringEquals': {
              'dynamodb:LeadingKeys': quotas.map((name) => `${LIMITS_AREAS.quotas}#${name}`),
            },
          },
        }),
      ];

/** Reads the buckets of all quotas and changes what an operator orders; never deletes. */
export const changeQuotas = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    resources: [deployment.tableArn(PLATFORM_NAMES.limits)],
    conditions: {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${LIMITS_AREAS.quotas}#*`] },
    },
  });

/** Keeps samples of the stages. */
export const meterStages = (deployment: Deployment): PolicyStatement =>
  inMeter(deployment, 'dynamodb:BatchWriteItem');

export const readMeter = (deployment: Deployment): PolicyStatement =>
  inMeter(deployment, 'dynamodb:Query');

/** Lets runs in, and makes the key of the places of those that it sends away; never deletes. */
export const keepAdmissions = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    resources: [deployment.tableArn(PLATFORM_NAMES.limits)],
    conditions: {
      'ForAllValues:StringLike': {
        'dynamodb:LeadingKeys': [`${LIMITS_AREAS.admissions}#*`, LIMITS_AREAS.placeKey],
      },
    },
  });

const inMeter = (deployment: Deployment, action: string): PolicyStatement =>
  new PolicyStatement({
    actions: [action],
    resources: [deployment.tableArn(PLATFORM_NAMES.limits)],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [LIMITS_AREAS.meter] } },
  });

/** Reads what a run's steps gave by reference. */
export const readPayloads = (deployment: Deployment): PolicyStatement[] =>
  onPayloads(deployment, 's3:GetObject');

/** Also adds to it; never deletes, which the bucket's lifecycle does. */
export const keepPayloads = (deployment: Deployment): PolicyStatement[] =>
  onPayloads(deployment, 's3:GetObject', 's3:PutObject');

const onPayloads = (deployment: Deployment, ...actions: string[]): PolicyStatement[] => [
  new PolicyStatement({ actions, resources: [everyPayload(deployment)] }),
  // Without it S3 answers 403 for a payload that has expired, as for one that may not be read.
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [deployment.payloadBucketArn],
  }),
];

const everyPayload = (deployment: Deployment): string => `${deployment.payloadBucketArn}/*`;

/** For functions that are allowed `readPayloads` or `keepPayloads`. */
export function acknowledgePayloads(role: IConstruct, deployment: Deployment): void {
  acknowledgeWildcard(
    role,
    everyPayload(deployment),
    'Names of payloads begin with the tenant and the run, which a function learns from its message; it serves all of them.',
  );
}

/** Puts events on the stage's own bus. */
export const tellLifecycle = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['events:PutEvents'],
    resources: [deployment.lifecycleBusArn],
  });

/** What an event source mapping needs of the function that it feeds. */
export const readEvents = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'kinesis:DescribeStream',
      'kinesis:DescribeStreamSummary',
      'kinesis:GetRecords',
      'kinesis:GetShardIterator',
      'kinesis:ListShards',
    ],
    resources: [deployment.streamArn],
  });

/** Asks the stream how much it holds behind a place; what is in the records comes along with it. */
export const measureLag = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'],
    resources: [deployment.streamArn],
  });

/** What an event source mapping and the door need of a function's own queue. */
export const consumeQueue = (queueArn: string): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'sqs:ChangeMessageVisibility',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ReceiveMessage',
    ],
    resources: [queueArn],
  });

/** What the door needs to put off a step: a copy of its message, for later. */
export const deferSteps = (queueArn: string): PolicyStatement =>
  new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queueArn] });

/** Sends tasks to these agents and no others; nothing where there are none. */
export const dispatchTasksTo = (
  deployment: Deployment,
  agents: readonly string[],
): PolicyStatement[] =>
  agents.length === 0
    ? []
    : [
        new PolicyStatement({
          actions: ['sqs:SendMessage'],
          resources: agents.map((agent) => deployment.queueArn(agent)),
        }),
      ];

/** Asks queues how many messages they hold; it cannot take one. */
export const countMessages = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:GetQueueAttributes'],
    resources: [deployment.queueArn('*')],
  });

/** Sends the next attempt of a reaction to whichever agent has it; it cannot take one. */
export const retryReactions = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: [deployment.queueArn('*')],
  });

/** For functions that are allowed `countMessages` or `retryReactions`. */
export function acknowledgeEveryQueue(role: IConstruct, deployment: Deployment): void {
  acknowledgeWildcard(
    role,
    deployment.queueArn('*'),
    "It serves the queues of every agent of its stage, and of no other stage's: the prefix carries the stage.",
  );
}

export const parkMessages = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: [deployment.queueArn(PLATFORM_NAMES.deadLetters)],
  });

/** The worker learns from the message which workflow it serves. */
export const answerTasks = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
    resources: [everyWorkflow(deployment)],
  });

export const startRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:StartExecution'],
    resources: [everyWorkflow(deployment)],
  });

/** Ends executions; who has stopped a run must not wait until its deadline ends it. */
export const stopRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:StopExecution'],
    resources: [everyExecution(deployment)],
  });

/** Orders looks at runs; it cannot take one. */
export const wakeRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: [deployment.queueArn(PLATFORM_NAMES.timers)],
  });

/** Reads how an execution stands; not its history. */
export const describeRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:DescribeExecution'],
    resources: [everyExecution(deployment)],
  });

const everyExecution = (deployment: Deployment): string =>
  everyWorkflow(deployment).replace(':stateMachine:', ':execution:');

/** For functions that are allowed `describeRuns` or `stopRuns`. */
export function acknowledgeEveryExecution(role: IConstruct, deployment: Deployment): void {
  acknowledgeWildcard(
    role,
    everyExecution(deployment),
    "It learns from its messages which run it serves, and none of another stage's: the prefix carries the stage.",
  );
}

const everyWorkflow = (deployment: Deployment): string => `${deployment.stateMachineArnPrefix}*`;

/** For functions that are allowed `answerTasks` or `startRuns`. */
export function acknowledgeEveryWorkflow(role: IConstruct, deployment: Deployment): void {
  acknowledgeWildcard(
    role,
    everyWorkflow(deployment),
    "It serves every workflow of its stage, and no other stage's: the prefix carries the stage.",
  );
}
