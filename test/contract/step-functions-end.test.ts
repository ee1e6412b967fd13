/**
 * https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html (TimeoutSeconds)
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_StopExecution.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
 * https://docs.aws.amazon.com/step-functions/latest/dg/state-parallel.html
 */
import {
  DeleteRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import { SendTaskSuccessCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';
import type { Queue } from './support/stores.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Of states that are to be stopped before: a busy machine has got to all of them by then. */
const WAIT_SECONDS = 5;
/** Until they would have gone on. */
const WAITED_MS = WAIT_SECONDS * 1000 + 500;

/** A task that tells on the queue that it was reached. */
const tell = ({ url }: Queue) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::sqs:sendMessage',
  Arguments: { QueueUrl: url, MessageBody: 'reached' },
  End: true,
});

contractTest(
  'a state machine that takes longer than its TimeoutSeconds is timed out',
  async (contract) => {
    const work = await contract.queue();
    const machine = await contract.stateMachine({
      TimeoutSeconds: 2,
      StartAt: 'Ask',
      States: { Ask: contract.callbackTask(work, { End: true }) },
    });
    const execution = await contract.start(machine);
    const taskToken = await contract.taskToken(work);
    expect(await contract.ended(execution)).toEqual({ status: 'TIMED_OUT' });
    const { startDate, stopDate } = await contract.describe(execution);
    const took = Number(stopDate) - Number(startDate);
    expect(took).toBeGreaterThan(1_900);
    const late = contract.clients.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
    await expect(late).rejects.toMatchObject({ name: 'TaskTimedOut' });
    const events = await contract.history(execution);
    expect(events.map(({ type }) => type)).not.toContain('TaskTimedOut');
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionTimedOut' });
  },
);

contractTest('a stopped execution ends its tasks, waits and branches at once', async (contract) => {
  const [work, told] = await Promise.all([contract.queue(), contract.queue()]);
  const branch = (first: Readonly<Record<string, unknown>>) => ({
    StartAt: 'First',
    States: { First: { ...first, Next: 'Then' }, Then: tell(told) },
  });
  const wait = { Type: 'Wait', Seconds: WAIT_SECONDS };
  const machine = await contract.stateMachine({
    StartAt: 'All',
    States: {
      All: {
        Type: 'Parallel',
        Branches: [
          branch(wait),
          branch(contract.callbackTask(work, { TimeoutSeconds: WAIT_SECONDS })),
          branch({ Type: 'Map', Items: [1, 2], ItemProcessor: branch(wait) }),
        ],
        End: true,
      },
    },
  });
  const executionArn = await contract.start(machine);
  await contract.taskToken(work);
  const reason = { error: 'Enough', cause: 'nobody waits for it' };
  await contract.clients.sfn.send(new StopExecutionCommand({ executionArn, ...reason }));
  expect(await contract.ended(executionArn)).toEqual({ status: 'ABORTED', ...reason });
  const events = await contract.history(executionArn);
  expect(events.at(-1)).toMatchObject({
    type: 'ExecutionAborted',
    executionAbortedEventDetails: reason,
  });
  await pause(WAITED_MS);
  expect(await told.take()).toEqual([]);
  expect(await contract.history(executionArn)).toEqual(events);
  expect(await contract.ended(executionArn)).toEqual({ status: 'ABORTED', ...reason });
});

contractTest('a failing branch or item stops the others', async (contract) => {
  const told = await contract.queue();
  const slow = {
    StartAt: 'Wait',
    States: { Wait: { Type: 'Wait', Seconds: WAIT_SECONDS, Next: 'Then' }, Then: tell(told) },
  };
  const broken = { Type: 'Fail', Error: 'Broken' };
  const parallel = await contract.stateMachine({
    StartAt: 'Both',
    States: {
      Both: {
        Type: 'Parallel',
        Branches: [slow, { StartAt: 'Fail', States: { Fail: broken } }],
        End: true,
      },
    },
  });
  const map = await contract.stateMachine({
    StartAt: 'Each',
    States: {
      Each: {
        Type: 'Map',
        Items: [true, false],
        ItemProcessor: {
          StartAt: 'Which',
          States: {
            ...slow.States,
            Which: {
              Type: 'Choice',
              Choices: [{ Condition: '{% $states.input %}', Next: 'Wait' }],
              Default: 'Fail',
            },
            Fail: broken,
          },
        },
        End: true,
      },
    },
  });
  for (const machine of [parallel, map]) {
    const execution = await contract.start(machine);
    expect(await contract.ended(execution)).toMatchObject({ status: 'FAILED', error: 'Broken' });
    const { startDate, stopDate } = await contract.describe(execution);
    expect(Number(stopDate) - Number(startDate)).toBeLessThan(WAIT_SECONDS * 1000);
  }
  await pause(WAITED_MS);
  expect(await told.take()).toEqual([]);
});

contractTest(
  'every change of the status of an execution is an event, a timeout too',
  async (contract) => {
    const work = await contract.queue();
    const ask = contract.callbackTask(work, { TimeoutSeconds: 60, End: true });
    const machine = await contract.stateMachine({
      TimeoutSeconds: WAIT_SECONDS,
      StartAt: 'Ask',
      States: { Ask: ask },
    });
    const events = await statusEvents(contract, machine.arn);
    const stopped = await contract.start(machine, { which: 'stopped' });
    const expired = await contract.start(machine, { which: 'expired' });
    await contract.clients.sfn.send(new StopExecutionCommand({ executionArn: stopped }));
    const answered = await contract.start(machine, { which: 'answered' });
    await contract.eventually(async () => {
      for (const { Body } of await work.take(0)) {
        const { taskToken, input } = JSON.parse(Body ?? '{}');
        if (input.which !== 'answered') continue;
        const answer = new SendTaskSuccessCommand({ taskToken, output: '"yes"' });
        return contract.clients.sfn.send(answer);
      }
      return null;
    }, 'task of the execution to answer');
    const seen: Record<string, unknown>[] = [];
    await contract.eventually(async () => {
      for (const { Body } of await events.take()) seen.push(JSON.parse(Body ?? '{}').detail);
      expect(seen).toHaveLength(6);
    }, 'six events');
    const of = (executionArn: string, status: string) =>
      seen.find((detail) => detail.executionArn === executionArn && detail.status === status);
    const ofMachine = { stateMachineArn: machine.arn };
    for (const execution of [stopped, expired, answered]) {
      expect(of(execution, 'RUNNING')).toMatchObject({
        ...ofMachine,
        stopDate: null,
        output: null,
      });
    }
    const end = { ...ofMachine, stopDate: expect.any(Number) };
    expect(of(stopped, 'ABORTED')).toMatchObject({ ...end, input: '{"which":"stopped"}' });
    expect(of(expired, 'TIMED_OUT')).toMatchObject({ ...end, output: null });
    expect(of(answered, 'SUCCEEDED')).toMatchObject({ ...end, output: '"yes"' });
  },
);

/** A queue on which the status events of a state machine's executions come. */
async function statusEvents(contract: Contract, stateMachineArn: string): Promise<Queue> {
  const { eventBridge, sqs } = contract.clients;
  const queue = await contract.queue();
  const rule = contract.uniqueName('rule');
  const { RuleArn } = await eventBridge.send(
    new PutRuleCommand({
      Name: rule,
      EventPattern: JSON.stringify({
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { stateMachineArn: [stateMachineArn] },
      }),
    }),
  );
  contract.defer(`rule ${rule}`, () => eventBridge.send(new DeleteRuleCommand({ Name: rule })));
  const policy = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: queue.arn,
      Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
    },
  };
  await sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: queue.url,
      Attributes: { Policy: JSON.stringify(policy) },
    }),
  );
  const Targets = [{ Id: 'queue', Arn: queue.arn }];
  await eventBridge.send(new PutTargetsCommand({ Rule: rule, Targets }));
  contract.defer(`target of rule ${rule}`, () =>
    eventBridge.send(new RemoveTargetsCommand({ Rule: rule, Ids: ['queue'] })),
  );
  return queue;
}
