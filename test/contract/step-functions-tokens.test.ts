/**
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token
 * https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
 * and aws-facts.md 1.3: a token belongs to one attempt.
 */
import {
  SendTaskFailureCommand,
  SendTaskHeartbeatCommand,
  SendTaskSuccessCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';

const succeed = ({ clients }: Contract, taskToken: string, output: unknown) =>
  clients.sfn.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }));

const fail = ({ clients }: Contract, taskToken: string) =>
  clients.sfn.send(new SendTaskFailureCommand({ taskToken, error: 'Late', cause: 'too late' }));

/** An execution that waits for its task, and the task's token. */
async function waiting(contract: Contract, state: Readonly<Record<string, unknown>> = {}) {
  const work = await contract.queue();
  const machine = await contract.stateMachine({
    StartAt: 'Ask',
    States: { Ask: contract.callbackTask(work, { End: true, ...state }) },
  });
  const execution = await contract.start(machine);
  return { work, execution, taskToken: await contract.taskToken(work) };
}

const DEAD = { name: 'TaskTimedOut' };

contractTest(
  'each attempt of a task has a token of its own, and that of the attempt before is dead',
  async (contract) => {
    const { work, execution, taskToken } = await waiting(contract, {
      // Time enough to answer the second one.
      TimeoutSeconds: 3,
      Retry: [{ ErrorEquals: ['States.Timeout'], IntervalSeconds: 1, MaxAttempts: 20 }],
    });
    const second = await contract.taskToken(work);
    expect(second).not.toBe(taskToken);
    await expect(succeed(contract, taskToken, 'first')).rejects.toMatchObject(DEAD);
    await expect(fail(contract, taskToken)).rejects.toMatchObject(DEAD);
    await succeed(contract, second, 'second');
    expect(await contract.ended(execution)).toEqual({ status: 'SUCCEEDED', output: 'second' });
  },
);

contractTest('an answer that comes after its task has timed out is refused', async (contract) => {
  const { execution, taskToken } = await waiting(contract, { TimeoutSeconds: 1 });
  expect(await contract.ended(execution)).toMatchObject({
    status: 'FAILED',
    error: 'States.Timeout',
  });
  await expect(succeed(contract, taskToken, 1)).rejects.toMatchObject(DEAD);
  await expect(fail(contract, taskToken)).rejects.toMatchObject(DEAD);
});

contractTest(
  'an answer that comes after its timeout was caught is refused, and the execution goes on without it',
  async (contract) => {
    const work = await contract.queue();
    const later = await contract.queue();
    const machine = await contract.stateMachine({
      StartAt: 'Ask',
      States: {
        Ask: contract.callbackTask(work, {
          End: true,
          TimeoutSeconds: 1,
          Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'GoOn' }],
        }),
        GoOn: contract.callbackTask(later, { End: true }),
      },
    });
    const execution = await contract.start(machine);
    const late = await contract.taskToken(work);
    const next = await contract.taskToken(later);
    await expect(succeed(contract, late, 'late')).rejects.toMatchObject(DEAD);
    await expect(fail(contract, late)).rejects.toMatchObject(DEAD);
    expect(await contract.describe(execution)).toMatchObject({ status: 'RUNNING' });
    await succeed(contract, next, 'in time');
    expect(await contract.ended(execution)).toEqual({ status: 'SUCCEEDED', output: 'in time' });
  },
);

contractTest(
  'an answer that comes after its execution was stopped is refused',
  async (contract) => {
    const { execution, taskToken } = await waiting(contract);
    await contract.clients.sfn.send(new StopExecutionCommand({ executionArn: execution }));
    await expect(succeed(contract, taskToken, 1)).rejects.toMatchObject(DEAD);
    await expect(fail(contract, taskToken)).rejects.toMatchObject(DEAD);
    expect(await contract.ended(execution)).toEqual({ status: 'ABORTED' });
  },
);

contractTest('one of several answers at once is accepted, and no later one', async (contract) => {
  const { execution, taskToken } = await waiting(contract);
  const answers = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((output) => succeed(contract, taskToken, output)),
  );
  const accepted = answers.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []));
  expect(accepted).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 'rejected');
  expect(refused).toEqual(refused.map(() => ({ status: 'rejected', reason: refusal() })));
  await expect(succeed(contract, taskToken, 'later')).rejects.toMatchObject(DEAD);
  await expect(fail(contract, taskToken)).rejects.toMatchObject(DEAD);
  expect(await contract.ended(execution)).toEqual({ status: 'SUCCEEDED', output: accepted[0] });
});

const refusal = () => expect.objectContaining(DEAD);

contractTest('what never was a token is an invalid token', async (contract) => {
  const invalid = { name: 'InvalidToken' };
  for (const taskToken of ['no token', 'AAAAKgAAAAIAAAAA', 'a'.repeat(600)]) {
    await expect(succeed(contract, taskToken, 1)).rejects.toMatchObject(invalid);
    await expect(fail(contract, taskToken)).rejects.toMatchObject(invalid);
    const heartbeat = contract.clients.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
    await expect(heartbeat).rejects.toMatchObject(invalid);
  }
});

contractTest(
  'an output that is no JSON or above 256 KiB is refused, and the task goes on waiting',
  async (contract) => {
    const { execution, taskToken } = await waiting(contract);
    const { sfn } = contract.clients;
    const noJson = sfn.send(new SendTaskSuccessCommand({ taskToken, output: 'no JSON' }));
    await expect(noJson).rejects.toMatchObject({ name: 'InvalidOutput' });
    const tooLong = succeed(contract, taskToken, 'x'.repeat(257 * 1024));
    await expect(tooLong).rejects.toMatchObject({
      name: expect.stringMatching(/^(InvalidOutput|ValidationException)$/),
    });
    await succeed(contract, taskToken, null);
    expect(await contract.ended(execution)).toEqual({ status: 'SUCCEEDED', output: null });
  },
);

contractTest('a task lives as long as its heartbeats come', async (contract) => {
  const { execution, taskToken } = await waiting(contract, { HeartbeatSeconds: 3 });
  for (let beat = 0; beat < 4; beat += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await contract.clients.sfn.send(new SendTaskHeartbeatCommand({ taskToken }));
  }
  expect(await contract.describe(execution)).toMatchObject({ status: 'RUNNING' });
  expect(await contract.ended(execution)).toMatchObject({
    status: 'FAILED',
    error: expect.stringMatching(/^States\.(Heartbeat)?Timeout$/),
  });
  await expect(succeed(contract, taskToken, 1)).rejects.toMatchObject(DEAD);
});
