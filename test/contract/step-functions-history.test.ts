/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_GetExecutionHistory.html */
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
