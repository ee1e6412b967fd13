/**
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html (history quota)
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
 */
import { GetExecutionHistoryCommand, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';

contractTest(
  'a task is seen in the history while it waits, and when it times out',
  async (contract) => {
    const { queue, stateMachine, callbackTask, start, taskToken, history, ended } = contract;
    const work = await queue();
    const machine = await stateMachine({
      StartAt: 'Ask',
      States: { Ask: callbackTask(work, { TimeoutSeconds: 2, End: true }) },
    });
    const execution = await start(machine, { question: 'why?' });
    const token = await taskToken(work);

    const sqs = { resourceType: 'sqs', resource: 'sendMessage.waitForTaskToken' };
    const waiting = await contract.eventually(async () => {
      const events = await history(execution);
      return events.length < 5 ? null : events;
    }, 'submitted task');
    expect(waiting).toMatchObject([
      { type: 'ExecutionStarted', id: 1, previousEventId: 0 },
      { type: 'TaskStateEntered', id: 2, stateEnteredEventDetails: { name: 'Ask' } },
      {
        type: 'TaskScheduled',
        id: 3,
        previousEventId: 2,
        taskScheduledEventDetails: { ...sqs, timeoutInSeconds: 2 },
      },
      { type: 'TaskStarted', id: 4, previousEventId: 3, taskStartedEventDetails: sqs },
      { type: 'TaskSubmitted', id: 5, previousEventId: 4, taskSubmittedEventDetails: sqs },
    ]);
    expect(JSON.parse(waiting[2]?.taskScheduledEventDetails?.parameters ?? '')).toEqual({
      QueueUrl: work.url,
      MessageBody: { taskToken: token, input: { question: 'why?' } },
    });
    expect(JSON.parse(waiting[4]?.taskSubmittedEventDetails?.output ?? '')).toMatchObject({
      MessageId: expect.any(String),
    });

    expect(await ended(execution)).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    expect((await history(execution)).slice(5)).toMatchObject([
      {
        type: 'TaskTimedOut',
        id: 6,
        previousEventId: 5,
        taskTimedOutEventDetails: { ...sqs, error: 'States.Timeout' },
      },
      { type: 'ExecutionFailed', id: 7, executionFailedEventDetails: { error: 'States.Timeout' } },
    ]);
  },
);

contractTest(
  'an execution that never ends fails with its event 25,000',
  async ({ clients, stateMachine, start, ended }) => {
    const machine = await stateMachine({
      QueryLanguage: 'JSONPath',
      StartAt: 'Again',
      States: {
        Again: {
          Type: 'Choice',
          Choices: [{ Variable: '$.absent', IsPresent: true, Next: 'Again' }],
          Default: 'Again',
        },
      },
    });
    const executionArn = await start(machine);
    const exhausted = {
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    };
    expect(await ended(executionArn)).toEqual({ status: 'FAILED', ...exhausted });
    const { events } = await clients.sfn.send(
      new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 1 }),
    );
    expect(events).toMatchObject([
      {
        type: 'ExecutionFailed',
        id: 25_000,
        previousEventId: 24_999,
        executionFailedEventDetails: exhausted,
      },
    ]);
  },
);

contractTest(
  'an execution runs the definition it was started with, a version its own',
  async ({ clients, stateMachine, start, ended }) => {
    const answering = (output: string) => ({
      QueryLanguage: 'JSONata',
      StartAt: 'Wait',
      States: {
        Wait: { Type: 'Wait', Seconds: 1, Next: 'Answer' },
        Answer: { Type: 'Pass', Output: output, End: true },
      },
    });
    const machine = await stateMachine(answering('old'));
    const running = await start(machine);
    const update = async (output: string): Promise<string> => {
      const { stateMachineVersionArn = '' } = await clients.sfn.send(
        new UpdateStateMachineCommand({
          stateMachineArn: machine.arn,
          definition: JSON.stringify(answering(output)),
          publish: true,
        }),
      );
      return stateMachineVersionArn;
    };
    const version = await update('published');
    await update('new');
    const ofVersion = await start({ ...machine, arn: version });
    expect(await ended(running)).toEqual({ status: 'SUCCEEDED', output: 'old' });
    expect(await ended(ofVersion)).toEqual({ status: 'SUCCEEDED', output: 'published' });
  },
);
