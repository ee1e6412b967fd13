import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { StepFunctionsExecutionReader } from '#runtime/adapters/step-functions/execution-reader.ts';
import { StepFunctionsOrchestrator } from '#runtime/adapters/step-functions/orchestrator.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { nodeSystem } from '#runtime/adapters/system/system.ts';
import type { ReaderSubject } from '../execution-reader.suite.ts';
import type { OrchestratorSubject } from '../orchestrator.suite.ts';
import type { CallbackSubject, Seen } from '../task-callback.suite.ts';
import { clientOptions, uniqueName } from './cloud.ts';

const ROLE = 'arn:aws:iam::000000000000:role/conformance';

/** Makes state machines and looks at their executions. */
function stateMachines(endpoint: string) {
  const client = new SFNClient(clientOptions(endpoint));
  const arns: string[] = [];

  const describe = (executionArn: string) =>
    client.send(new DescribeExecutionCommand({ executionArn }));

  return {
    client,
    create: async (name: string, state: Readonly<Record<string, unknown>>): Promise<string> => {
      const definition = {
        QueryLanguage: 'JSONata',
        StartAt: 'Only',
        States: { Only: state },
      };
      const { stateMachineArn = '' } = await client.send(
        new CreateStateMachineCommand({
          name,
          roleArn: ROLE,
          definition: JSON.stringify(definition),
        }),
      );
      arns.push(stateMachineArn);
      return stateMachineArn;
    },
    describe,
    ended: async (executionArn: string) => {
      for (;;) {
        const execution = await describe(executionArn);
        if (execution.status !== 'RUNNING') return execution;
        await nodeSystem.sleep(50);
      }
    },
    teardown: async () => {
      for (const stateMachineArn of arns) {
        await client.send(new DeleteStateMachineCommand({ stateMachineArn }));
      }
      client.destroy();
    },
  };
}

/** A state machine of its own, the port over it, and a look at its executions. */
export function cloudOrchestrator(endpoint: string) {
  const machines = stateMachines(endpoint);
  const prefix = `${uniqueName('machine')}-`;
  return {
    setup: async (): Promise<OrchestratorSubject> => {
      const arn = await machines.create(`${prefix}support`, {
        Type: 'Pass',
        Output: null,
        End: true,
      });
      await machines.create(`${prefix}endless`, { Type: 'Wait', Seconds: 600, End: true });
      const stateMachineArnPrefix = arn.slice(0, -'support'.length);
      const executionArn = (name: string): string =>
        `${arn.replace(':stateMachine:', ':execution:')}:${name}`;
      return {
        orchestrator: new StepFunctionsOrchestrator({
          client: machines.client,
          stateMachineArnPrefix,
          system: nodeSystem,
        }),
        workflow: 'support',
        endless: 'endless',
        ended: async (executionName) => {
          await machines.ended(executionArn(executionName));
        },
        inputOf: async (executionName) => {
          try {
            const { input = 'null' } = await machines.describe(executionArn(executionName));
            return JSON.parse(input);
          } catch (error) {
            if (error instanceof ExecutionDoesNotExist) return null;
            throw error;
          }
        },
      };
    },
    teardown: () => machines.teardown(),
  };
}

/** State machines that end as they are told, and the port over their executions. */
export function cloudExecutionReader(endpoint: string) {
  const machines = stateMachines(endpoint);
  return {
    setup: async (): Promise<ReaderSubject> => {
      const run = async (state: Readonly<Record<string, unknown>>): Promise<string> => {
        const stateMachineArn = await machines.create(uniqueName('end'), state);
        const { executionArn = '' } = await machines.client.send(
          new StartExecutionCommand({ stateMachineArn, input: '{}' }),
        );
        await machines.ended(executionArn);
        return executionArn;
      };
      return {
        reader: new StepFunctionsExecutionReader({ client: machines.client, system: nodeSystem }),
        succeeded: (output) => run({ Type: 'Pass', Output: output, End: true }),
        failed: (error, cause) => run({ Type: 'Fail', Error: error, Cause: cause }),
        absent: `${await run({ Type: 'Pass', End: true })}-absent`,
      };
    },
    teardown: () => machines.teardown(),
  };
}

/** State machines that wait for a task token, the port, and the queue on which tokens come. */
export function cloudTaskCallback(endpoint: string) {
  const machines = stateMachines(endpoint);
  const sqs = new SQSClient({ ...clientOptions(endpoint), useQueueUrlAsEndpoint: false });
  let queueUrl = '';

  const receiveToken = async (): Promise<string> => {
    for (;;) {
      const { Messages: [message] = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: queueUrl, WaitTimeSeconds: 1 }),
      );
      if (!message?.Body) continue;
      await sqs.send(
        new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle: message.ReceiptHandle }),
      );
      return JSON.parse(message.Body).taskToken;
    }
  };

  return {
    setup: async (): Promise<CallbackSubject> => {
      const created = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('tokens') }));
      queueUrl = created.QueueUrl ?? '';
      return {
        callback: new StepFunctionsTaskCallback({ client: machines.client, system: nodeSystem }),
        open: async (patienceSeconds) => {
          const stateMachineArn = await machines.create(uniqueName('task'), {
            Type: 'Task',
            Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
            Arguments: {
              QueueUrl: queueUrl,
              MessageBody: { taskToken: '{% $states.context.Task.Token %}' },
            },
            TimeoutSeconds: patienceSeconds,
            End: true,
          });
          const { executionArn = '' } = await machines.client.send(
            new StartExecutionCommand({ stateMachineArn, input: '{}' }),
          );
          return {
            taskToken: await receiveToken(),
            seen: async (): Promise<Seen> => {
              const { status, output, error = '', cause = '' } = await machines.ended(executionArn);
              return status === 'SUCCEEDED'
                ? { kind: 'succeeded', output: JSON.parse(output ?? 'null') }
                : { kind: 'failed', error, cause };
            },
            givenUp: async () => {
              await machines.ended(executionArn);
            },
          };
        },
      };
    },
    teardown: async () => {
      await sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
      sqs.destroy();
      await machines.teardown();
    },
  };
}
