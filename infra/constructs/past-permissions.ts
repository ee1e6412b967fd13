/** What may be done with the past: the archive, replays of it, read models made of it. */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { LEDGER_AREAS } from '#runtime/contracts/tables.ts';
import type { Deployment } from './deployment.ts';
import { inLedgerArea } from './ledger-area.ts';
import { consumeQueue } from './permissions.ts';
import { acknowledgeWildcard } from './wildcards.ts';

/** Adds to the archive; never reads or deletes, which the bucket's lifecycle does. */
export const writeArchive = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({ actions: ['s3:PutObject'], resources: [everyPastEvent(deployment)] });

const everyPastEvent = (deployment: Deployment): string => `${deployment.archiveBucketArn}/*`;

/** For functions that are allowed `writeArchive`. */
export function acknowledgeArchive(role: IConstruct, deployment: Deployment): void {
  acknowledgeWildcard(
    role,
    everyPastEvent(deployment),
    'Objects are named by the hour and the place of their events, which nobody knows before.',
  );
}

/** Feeds a function the past that its orders name: reads the archive, keeps how far a replay has come, tells itself to go on. */
export const replayPast = (deployment: Deployment, queue: string): PolicyStatement[] => [
  new PolicyStatement({
    actions: ['s3:GetObject', 's3:ListBucket'],
    resources: [deployment.archiveBucketArn, everyPastEvent(deployment)],
  }),
  inLedgerArea(deployment, [LEDGER_AREAS.replays], ['dynamodb:GetItem', 'dynamodb:PutItem']),
  inLedgerArea(deployment, [LEDGER_AREAS.checkpoints], ['dynamodb:Query']),
  consumeQueue(deployment.queueArn(queue)),
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: [deployment.queueArn(queue)],
  }),
];

/** Orders replays of the past, and says how far they have come. */
export const orderReplays = (
  deployment: Deployment,
  queues: readonly string[],
): PolicyStatement[] => [
  inLedgerArea(deployment, [LEDGER_AREAS.replays], ['dynamodb:GetItem', 'dynamodb:PutItem']),
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: queues.map((queue) => deployment.queueArn(queue)),
  }),
];

/** Makes tables of the read model's shape beside it, fills and reads them; deletes none. */
export const makeReadModels = (deployment: Deployment): PolicyStatement[] => [
  new PolicyStatement({
    actions: [
      'dynamodb:BatchWriteItem',
      'dynamodb:CreateTable',
      'dynamodb:DescribeTable',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:BatchGetItem',
    ],
    resources: madeReadModels(deployment),
  }),
];

const madeReadModels = (deployment: Deployment): string[] => {
  const tables = deployment.tableArn(`${PLATFORM_NAMES.readModel}-*`);
  return [tables, `${tables}/index/*`];
};

/** For functions that are allowed `makeReadModels`. */
export function acknowledgeMadeReadModels(role: IConstruct, deployment: Deployment): void {
  for (const arn of madeReadModels(deployment)) {
    acknowledgeWildcard(
      role,
      arn,
      'Tables that it makes itself, whose names carry the stage and the time at which they were made.',
    );
  }
}
