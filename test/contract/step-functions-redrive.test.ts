/** https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html */
import {
  RedriveExecutionCommand,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  'a failed execution is redriven from the state that failed',
  async ({ clients, queue, stateMachine, callbackTask, start, taskToken, ended, describe }) => {
    const [done, work] = await Promise.all([queue(), queue()]);
    const machine = await stateMachine({
      StartAt: 'Once',
      States: {
        Once: {
          Type: 'Task',
          Resource: 'arn:aws:states:::sqs:sendMessage',
          Arguments: { QueueUrl: done.url, MessageBody: 'done' },
          Next: 'Ask',
        },
        Ask: callbackTask(work, { End: true }),
      },
    });
    const executionArn = await start(machine);
    const refused = { taskToken: await taskToken(work), error: 'Broken' };
    await clients.sfn.send(new SendTaskFailureCommand(refused));
    expect(await ended(executionArn)).toMatchObject({ status: 'FAILED', error: 'Broken' });

    await clients.sfn.send(new RedriveExecutionCommand({ executionArn }));
    const answered = { taskToken: await taskToken(work), output: '"repaired"' };
    expect(answered.taskToken).not.toBe(refused.taskToken);
    await clients.sfn.send(new SendTaskSuccessCommand(answered));
    expect(await ended(executionArn)).toEqual({ status: 'SUCCEEDED', output: 'repaired' });
    expect(await describe(executionArn)).toMatchObject({ redriveCount: 1 });
    expect(await done.take()).toHaveLength(1);
    expect(await done.take()).toEqual([]);
  },
);
