/**
 * The naive pipeline's resources: a queue and a function per stage, a table of answers.
 *
 * Boundary: no part of the product, and nothing of the product is used.
 */
import { CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export const STAGES = ['classify', 'enrich', 'score', 'store'] as const;

/** Short, so that what hangs is tried again soon; SQS wants a queue's to be no shorter than its function's. */
const TIMEOUT = Duration.seconds(10);
/** Invocations of a stage at once, each with a batch of ten: "more workers" is the first answer to a backlog. */
const MAX_CONCURRENCY = 3;

export interface NaiveStackProps {
  /** Folder with the built code, `<stage>/index.mjs`. */
  readonly codeFolder: string;
  /** `…/v1` */
  readonly modelBaseUrl: string;
  readonly crmUrl: string;
}

export class NaiveStack extends Stack {
  constructor(scope: Construct, { codeFolder, modelBaseUrl, crmUrl }: NaiveStackProps) {
    super(scope, 'naive');
    const table = new Table(this, 'Answers', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const queues = STAGES.map(
      (name) => new Queue(this, `${name}-queue`, { visibilityTimeout: TIMEOUT }),
    );
    for (const [i, name] of STAGES.entries()) {
      const [queue, next] = [queues[i], queues[i + 1]];
      if (!queue) continue;
      const worker = new LambdaFunction(this, name, {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromAsset(`${codeFolder}/${name}`),
        timeout: TIMEOUT,
        environment: {
          MODEL_BASE_URL: modelBaseUrl,
          CRM_URL: crmUrl,
          ANSWERS_TABLE_NAME: table.tableName,
          ...(next && { NEXT_QUEUE_URL: next.queueUrl }),
        },
      });
      worker.addEventSource(new SqsEventSource(queue, { maxConcurrency: MAX_CONCURRENCY }));
      next?.grantSendMessages(worker);
      table.grantWriteData(worker);
    }
    new CfnOutput(this, 'FirstQueueUrl', { value: queues[0]?.queueUrl ?? '' });
    new CfnOutput(this, 'AnswersTableName', { value: table.tableName });
  }
}
