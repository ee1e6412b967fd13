/**
 * The path of one step, as small as it can be: a state machine sends a message with its task token, a
 * function takes it and answers the token.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { LOCAL_ACCOUNT, LOCAL_REGION } from '../../localstack/cloud.ts';
import { codeOf } from '../../test/contract/support/bundle.ts';

const ROLE = `arn:aws:iam::${LOCAL_ACCOUNT}:role/bench`;
const NAME = 'signalbox-bench';
/** StartExecution calls that are open at once. */
const STARTERS = 8;

const WORKER = `
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
const sfn = new SFNClient({});
export const handler = async ({ Records }) => {
  await Promise.all(Records.map(({ body }) =>
    sfn.send(new SendTaskSuccessCommand({ taskToken: JSON.parse(body).taskToken, output: '{}' }))));
};`;

export interface SingleStep {
  /** Starts one and waits until it has succeeded; looks every `lookEveryMs`. */
  runOne(lookEveryMs: number): Promise<{ readonly seenMs: number; readonly cloudMs: number }>;
  /** Starts this many and waits until none runs. */
  runMany(count: number): Promise<{ readonly elapsedMs: number }>;
  close(): void;
}

export async function deploySingleStep(endpoint: string): Promise<SingleStep> {
  const config = {
    endpoint,
    region: LOCAL_REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: new NodeHttpHandler(),
  };
  const sfn = new SFNClient(config);
  const stateMachineArn = await deploy(config, sfn);

  const start = async (): Promise<string> => {
    const started = await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }));
    return started.executionArn ?? '';
  };
  const count = async (status: 'RUNNING' | 'FAILED'): Promise<number> => {
    const filter = { stateMachineArn, statusFilter: status, maxResults: 1 };
    return (await sfn.send(new ListExecutionsCommand(filter))).executions?.length ?? 0;
  };

  return {
    runOne: async (lookEveryMs) => {
      const began = performance.now();
      const executionArn = await start();
      for (;;) {
        const { status, startDate, stopDate } = await sfn.send(
          new DescribeExecutionCommand({ executionArn }),
        );
        if (status === 'SUCCEEDED') {
          const cloudMs = (stopDate?.getTime() ?? 0) - (startDate?.getTime() ?? 0);
          return { seenMs: performance.now() - began, cloudMs };
        }
        if (status !== 'RUNNING') throw new Error(`a run of the bench is ${status}`);
        await sleep(lookEveryMs);
      }
    },
    runMany: async (runs) => {
      const began = performance.now();
      let left = runs;
      const starter = async (): Promise<void> => {
        while (left > 0) {
          left -= 1;
          await start();
        }
      };
      await Promise.all(Array.from({ length: STARTERS }, starter));
      while ((await count('RUNNING')) > 0) await sleep(20);
      if ((await count('FAILED')) > 0) throw new Error('a run of the bench failed');
      return { elapsedMs: performance.now() - began };
    },
    close: () => sfn.destroy(),
  };
}

type Config = ConstructorParameters<typeof SFNClient>[0];

async function deploy(config: Config & object, sfn: SFNClient): Promise<string> {
  const sqs = new SQSClient(config);
  const lambda = new LambdaClient(config);
  const { QueueUrl: url } = await sqs.send(
    new CreateQueueCommand({ QueueName: NAME, Attributes: { VisibilityTimeout: '60' } }),
  );
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: NAME,
      Role: ROLE,
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Code: { ZipFile: await codeOf(WORKER) },
      Timeout: 30,
      MemorySize: 512,
    }),
  );
  await lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: `arn:aws:sqs:${LOCAL_REGION}:${LOCAL_ACCOUNT}:${NAME}`,
      FunctionName: NAME,
      BatchSize: 10,
    }),
  );
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Step',
    States: {
      Step: {
        Type: 'Task',
        Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
        Arguments: {
          QueueUrl: url,
          MessageBody: { taskToken: '{% $states.context.Task.Token %}' },
        },
        TimeoutSeconds: 60,
        End: true,
      },
    },
  };
  const { stateMachineArn = '' } = await sfn.send(
    new CreateStateMachineCommand({
      name: NAME,
      roleArn: ROLE,
      definition: JSON.stringify(definition),
    }),
  );
  sqs.destroy();
  lambda.destroy();
  return stateMachineArn;
}
