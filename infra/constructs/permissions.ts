/**
 * What functions are allowed to do, in one place: one statement per capability, each on the
 * narrowest resource that its derived name gives.
 */
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import { READ_MODEL_INDEXES } from '#runtime/contracts/tables.ts';
import type { StageConfig } from '../config.ts';
import type { Deployment } from './deployment.ts';

/** Compare and put, read back; never delete: what was done stays on record. */
export const useLedger = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: [
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
    resources: [deployment.tableArn(PLATFORM_NAMES.ledger)],
  });

export const readReadModel = (deployment: Deployment): PolicyStatement => {
  const table = deployment.tableArn(PLATFORM_NAMES.readModel);
  return new PolicyStatement({
    actions: ['dynamodb:GetItem', 'dynamodb:Query'],
    resources: [table, ...Object.keys(READ_MODEL_INDEXES).map((name) => `${table}/index/${name}`)],
  });
};

export const writeReadModel = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    resources: [deployment.tableArn(PLATFORM_NAMES.readModel)],
  });

export const publishEvents = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({ actions: ['kinesis:PutRecords'], resources: [deployment.streamArn] });

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

export const parkMessages = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['sqs:SendMessage'],
    resources: [deployment.queueArn(PLATFORM_NAMES.deadLetters)],
  });

/** The worker learns from the message which workflow it serves, hence all of this stage. */
export const answerTasks = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:SendTaskFailure', 'states:SendTaskSuccess'],
    resources: [`${deployment.stateMachineArnPrefix}*`],
  });

export const startRuns = (deployment: Deployment): PolicyStatement =>
  new PolicyStatement({
    actions: ['states:StartExecution'],
    resources: [`${deployment.stateMachineArnPrefix}*`],
  });

const INFERENCE_PROFILE = /^(?:us-gov|us|eu|apac|au|ca|jp|global)\.(.+)$/;

/** Nothing unless the stage's model is on Bedrock; then that model only. */
export function askModel({ model }: StageConfig): PolicyStatement[] {
  if (model.provider !== 'bedrock') return [];
  const bedrock = (region: string, account: string, resource: string): string =>
    `arn:${Aws.PARTITION}:bedrock:${region}:${account}:${resource}`;
  const [, behindProfile] = INFERENCE_PROFILE.exec(model.id) ?? [];
  // A profile sends the request on to regions of its own choice, so the model's region is open.
  const resources =
    behindProfile === undefined
      ? [bedrock(Aws.REGION, '', `foundation-model/${model.id}`)]
      : [
          bedrock(Aws.REGION, Aws.ACCOUNT_ID, `inference-profile/${model.id}`),
          bedrock('*', '', `foundation-model/${behindProfile}`),
        ];
  return [new PolicyStatement({ actions: ['bedrock:InvokeModel'], resources })];
}
