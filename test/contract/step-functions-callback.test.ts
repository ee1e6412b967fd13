/** https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token */
import { SendTaskSuccessCommand } from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  'a callback task ends with the output that its token was answered with',
  async ({ clients, queue, stateMachine, callbackTask, start, taskToken, ended }) => {
    const work = await queue();
    const machine = await stateMachine({
      StartAt: 'Ask',
      States: { Ask: callbackTask(work, { End: true }) },
    });
    const execution = await start(machine, { question: 'why?' });
    await clients.sfn.send(
      new SendTaskSuccessCommand({
        taskToken: await taskToken(work),
        output: '{"answer":42}',
      }),
    );
    expect(await ended(execution)).toEqual({ status: 'SUCCEEDED', output: { answer: 42 } });
  },
);
