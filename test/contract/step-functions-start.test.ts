/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html */
import { SendTaskSuccessCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect } from 'vitest';
import { type Contract, contractTest } from './harness.ts';

const TAKEN = { name: 'ExecutionAlreadyExists' };

/** `start(name, input)` for a machine whose executions run until they are answered. */
async function patientMachine(contract: Contract) {
  const work = await contract.queue();
  const machine = await contract.stateMachine({
    StartAt: 'Ask',
    States: { Ask: contract.callbackTask(work, { End: true }) },
  });
  const start = (name: string, input: string) =>
    contract.clients.sfn.send(
      new StartExecutionCommand({ stateMachineArn: machine.arn, name, input }),
    );
  return { work, machine, start };
}

contractTest(
  'a start is repeated without effect while its execution runs, and another input refused',
  async (contract) => {
    const { work, machine, start } = await patientMachine(contract);
    await contract.start(machine, { order: 1 }, 'order-1');
    const [first, ...repeats] = await Promise.all(
      [1, 2, 3, 4].map(() => start('order-1', '{"order":1}')),
    );
    for (const { executionArn, startDate } of repeats) {
      expect({ executionArn, startDate }).toEqual({
        executionArn: first?.executionArn,
        startDate: first?.startDate,
      });
    }
    await expect(start('order-1', '{"order":2}')).rejects.toMatchObject(TAKEN);
    await contract.taskToken(work);
    expect(await work.take()).toEqual([]);
  },
);

contractTest('the name of an execution that has ended stays taken', async (contract) => {
  const { work, machine, start } = await patientMachine(contract);
  const execution = await contract.start(machine, { order: 1 }, 'order-1');
  const taskToken = await contract.taskToken(work);
  await contract.clients.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '1' }));
  await contract.ended(execution);
  await expect(start('order-1', '{"order":1}')).rejects.toMatchObject(TAKEN);
});

contractTest(
  'an execution has a name of at most 80 characters, without brackets, wildcards and the like',
  async (contract) => {
    const { start } = await patientMachine(contract);
    const invalid = { name: expect.stringMatching(/^(InvalidName|ValidationException)$/) };
    for (const name of ['', 'a'.repeat(81)]) {
      await expect(start(name, '{}')).rejects.toMatchObject(invalid);
    }
    for (const name of ['a b', 'a/b', 'a:b', 'a*', '<a>', '{a}', '"a"', 'a#b', 'a\tb', 'a&b']) {
      await expect(start(name, '{}'), name).rejects.toMatchObject({ name: 'InvalidName' });
    }
    const longest = `${'Za0-_'.repeat(15)}.é(a)`;
    expect(longest).toHaveLength(80);
    const { executionArn } = await start(longest, '{}');
    expect(executionArn?.endsWith(`:${longest}`)).toBe(true);
  },
);

contractTest('an execution takes JSON of at most 256 KiB', async (contract) => {
  const { start } = await patientMachine(contract);
  await expect(start('no-json', '{')).rejects.toMatchObject({ name: 'InvalidExecutionInput' });
  const tooLong = { name: expect.stringMatching(/^(InvalidExecutionInput|ValidationException)$/) };
  const ofLength = (length: number, filler: string) => JSON.stringify(filler.repeat(length));
  await expect(start('long', ofLength(257 * 1024, 'x'))).rejects.toMatchObject(tooLong);
  await expect(start('wide', ofLength(150 * 1024, 'é'))).rejects.toMatchObject(tooLong);
  await start('no-json', '{}');
});
