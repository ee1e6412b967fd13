/** State machines of a test and their executions; those still running are stopped when it ends. */
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { MakerContext } from './functions.ts';
import { uniqueName } from './names.ts';
import type { Queue } from './stores.ts';

export interface StateMachine {
  readonly name: string;
  readonly arn: string;
}

/** Has only what the execution has. */
export interface Ended {
  readonly status: string;
  /** The JSON value. */
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
}

/** An ASL definition, less what the maker adds. */
export type Definition = Readonly<Record<string, unknown>>;

export const machineMakers = (context: MakerContext) => {
  const { clients, cleanup, eventually } = context;
  const { sfn } = clients;

  const describe = (executionArn: string): Promise<DescribeExecutionCommandOutput> =>
    sfn.send(new DescribeExecutionCommand({ executionArn }));

  return {
    /** Standard, in JSONata unless the definition says otherwise. */
    stateMachine: (definition: Definition) => makeMachine(context, definition),

    /** @returns the execution's ARN */
    start: async ({ arn }: StateMachine, input: unknown = {}, name?: string): Promise<string> => {
      const { executionArn = '' } = await sfn.send(
        new StartExecutionCommand({
          stateMachineArn: arn,
          input: JSON.stringify(input),
          ...(name !== undefined && { name }),
        }),
      );
      cleanup.add(`execution ${executionArn}`, async () => {
        if ((await describe(executionArn)).status !== 'RUNNING') return;
        await sfn.send(new StopExecutionCommand({ executionArn }));
      });
      return executionArn;
    },

    /** How the execution ended, once it runs no more. */
    ended: (executionArn: string, withinMs?: number): Promise<Ended> =>
      eventually(
        async () => {
          const { status = '', output, error, cause } = await describe(executionArn);
          if (status === 'RUNNING') return null;
          return {
            status,
            ...(output !== undefined && { output: JSON.parse(output) }),
            ...(error !== undefined && { error }),
            ...(cause !== undefined && { cause }),
          };
        },
        'end of the execution',
        withinMs,
      ),

    describe,

    /** All its events (up to a thousand), the first one first. */
    history: async (executionArn: string): Promise<readonly HistoryEvent[]> =>
      (await sfn.send(new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }))).events ??
      [],

    /** A state that sends `{ taskToken, … }` to the queue and waits for the answer. */
    callbackTask: ({ url }: Queue, state: Definition = {}): Definition => ({
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: {
        QueueUrl: url,
        MessageBody: {
          taskToken: '{% $states.context.Task.Token %}',
          input: '{% $states.input %}',
        },
      },
      ...state,
    }),

    /** The token of the next message that a `callbackTask` sent. */
    taskToken: (queue: Queue, withinMs?: number): Promise<string> =>
      eventually(
        async () => {
          const [message] = await queue.take();
          return message?.Body === undefined ? null : JSON.parse(message.Body).taskToken;
        },
        'task token',
        withinMs,
      ),
  };
};

async function makeMachine(
  { clients: { sfn }, cleanup, role, withRole }: MakerContext,
  definition: Definition,
): Promise<StateMachine> {
  const name = uniqueName('machine');
  const roleArn = await role();
  const text = JSON.stringify({ QueryLanguage: 'JSONata', ...definition });
  const { stateMachineArn: arn = '' } = await withRole(() =>
    sfn.send(new CreateStateMachineCommand({ name, roleArn, definition: text })),
  );
  cleanup.add(`state machine ${name}`, () =>
    sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn })),
  );
  return { name, arn };
}
