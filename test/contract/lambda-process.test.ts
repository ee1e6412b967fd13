/**
 * https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
 * https://docs.aws.amazon.com/lambda/latest/dg/nodejs-exceptions.html
 * https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
 */
import { InvokeCommand, UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { expect } from 'vitest';
import { contractTest } from './harness.ts';
import type { LambdaFunction } from './support/functions.ts';

/** Counts the invocations of its process and runs the code that it is sent. */
const OBEDIENT = `
let count = 0;
export const handler = async ({ run }) => {
  count += 1;
  return await new Function('count', 'return (async () => { ' + run + ' })()')(count);
};`;
const COUNT = { run: 'return count;' };

contractTest(
  'the state of a module outlives an error of its handler',
  async ({ lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT);
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 1, error: undefined });
    expect((await obedient.invoke({ run: "throw new Error('no');" })).error).toBe('Unhandled');
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 3, error: undefined });
  },
);

contractTest(
  'an error of a handler has the name that was thrown, its message and its trace',
  async ({ lambdaFunction }) => {
    const failing = await lambdaFunction(`
      class TicketError extends Error { name = 'TicketError'; }
      export const handler = async () => { throw new TicketError('no such ticket'); };`);
    const { payload, error } = await failing.invoke({});
    expect(error).toBe('Unhandled');
    expect(payload).toEqual({
      errorType: 'TicketError',
      errorMessage: 'no such ticket',
      trace: expect.arrayContaining(['TicketError: no such ticket']),
    });
  },
);

contractTest(
  'a process that exits fails the invocation with Runtime.ExitError and ends the module',
  async ({ lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT);
    await obedient.invoke(COUNT);
    expect(await obedient.invoke({ run: 'process.exit(3);' })).toMatchObject({
      error: 'Unhandled',
      payload: {
        errorType: 'Runtime.ExitError',
        errorMessage: expect.stringMatching(
          /^RequestId: [-\da-f]{36} Error: Runtime exited with error: exit status 3$/,
        ),
      },
    });
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 1, error: undefined });
  },
);

contractTest(
  'an error that nobody catches fails the invocation by its name and ends the module',
  async ({ lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT);
    const late =
      "setTimeout(() => { throw new RangeError('too late'); }, 10); await new Promise(() => {});";
    expect(await obedient.invoke({ run: late })).toMatchObject({
      error: 'Unhandled',
      payload: { errorType: 'RangeError', errorMessage: 'too late' },
    });
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 1, error: undefined });
  },
);

contractTest(
  'a rejection that nobody handles fails the invocation with Runtime.UnhandledPromiseRejection',
  async ({ lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT);
    const forgotten =
      "Promise.reject(new Error('forgotten')); await new Promise((done) => setTimeout(done, 2_000));";
    expect(await obedient.invoke({ run: forgotten })).toMatchObject({
      error: 'Unhandled',
      payload: {
        errorType: 'Runtime.UnhandledPromiseRejection',
        errorMessage: 'Error: forgotten',
      },
    });
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 1, error: undefined });
  },
);

contractTest(
  'a timeout fails the invocation with its limit and ends the module',
  async ({ lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT, { timeoutSeconds: 1 });
    await obedient.invoke(COUNT);
    const { payload, error } = await obedient.invoke({
      run: 'await new Promise(() => setTimeout(() => {}, 60_000));',
    });
    expect(error).toBe('Unhandled');
    expect(payload).toMatchObject({
      errorMessage: expect.stringMatching(/Task timed out after 1\.00 seconds$/),
    });
    expect(await obedient.invoke(COUNT)).toEqual({ payload: 1, error: undefined });
  },
);

contractTest(
  'a function whose module throws fails with what it threw',
  async ({ lambdaFunction }) => {
    const broken = await lambdaFunction(`
      class SettingsError extends Error { name = 'SettingsError'; }
      throw new SettingsError('TABLE_NAME is missing');
      export const handler = async () => {};`);
    for (const _ of [1, 2]) {
      expect(await broken.invoke({})).toMatchObject({
        error: 'Unhandled',
        payload: { errorType: 'SettingsError', errorMessage: 'TABLE_NAME is missing' },
      });
    }
  },
);

contractTest(
  'the log of an invocation is its own and whole, and nobody waits for one that is empty',
  async ({ clients, lambdaFunction }) => {
    const obedient = await lambdaFunction(OBEDIENT);
    const logOf = async (run: string): Promise<string> => {
      const { LogResult: log = '' } = await clients.lambda.send(
        new InvokeCommand({
          FunctionName: obedient.name,
          LogType: 'Tail',
          Payload: JSON.stringify({ run }),
        }),
      );
      return Buffer.from(log, 'base64').toString();
    };
    expect(await logOf("console.log('first'); process.stdout.write('unended');")).toMatch(
      /first\n(?:.*\n)*?.*unended/,
    );
    const second = await logOf("console.error('second');");
    expect(second).toContain('second');
    expect(second).not.toMatch(/first|unended/);

    const loud = await quickestMs(obedient, "console.log('loud');");
    const silent = await quickestMs(obedient, '');
    expect(silent).toBeLessThan(loud + 25);
  },
  { alone: true },
);

contractTest(
  'an update of a function lets a running invocation end, and the next one has it',
  async ({ clients, lambdaFunction, journal, eventually }) => {
    const notes = await journal();
    const slow = await lambdaFunction(
      `import { setTimeout as sleep } from 'node:timers/promises';
       import { note } from 'contract:journal';
       export const handler = async ({ sleepMs }) => {
         await note('began');
         await sleep(sleepMs);
         return process.env.VERSION;
       };`,
      { environment: { ...notes.environment, VERSION: 'old' } },
    );
    const running = slow.invoke({ sleepMs: 3_000 });
    await eventually(async () => (await notes.entries()).length === 1, 'invocation');
    await clients.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: slow.name,
        Environment: { Variables: { ...notes.environment, VERSION: 'new' } },
      }),
    );
    expect(await running).toEqual({ payload: 'old', error: undefined });
    await eventually(async () => {
      expect(await slow.invoke({ sleepMs: 0 })).toEqual({ payload: 'new', error: undefined });
    }, 'updated function');
  },
);

/** What an invocation takes when nothing else holds it up. */
async function quickestMs({ invoke }: LambdaFunction, run: string): Promise<number> {
  let quickest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 15; round += 1) {
    const began = performance.now();
    await invoke({ run });
    quickest = Math.min(quickest, performance.now() - began);
  }
  return quickest;
}
