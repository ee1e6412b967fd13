import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, test } from 'vitest';
import { StepFunctionsExecutionReader } from '#runtime/adapters/step-functions/execution-reader.ts';
import { StepFunctionsOrchestrator } from '#runtime/adapters/step-functions/orchestrator.ts';
import { StepFunctionsTaskCallback } from '#runtime/adapters/step-functions/task-callback.ts';
import { type FakeAnswer, fakeAws, hastySystem } from '../../support/fake-aws.ts';

/** Step Functions that gives `answers` one after the other, the last one for ever. */
function stepFunctionsThat(...answers: readonly [FakeAnswer, ...FakeAnswer[]]) {
  let next = 0;
  const { options, requests } = fakeAws((_: Readonly<Record<string, unknown>>) => {
    const answer = answers[Math.min(next, answers.length - 1)] ?? answers[0];
    next += 1;
    return answer;
  });
  // One try by transport, so that requests are the adapter's own.
  const client = new SFNClient({ ...options, maxAttempts: 1 });
  return { client, requests, system: hastySystem() };
}

const OK = { body: {} };
const TIMES = { startDate: 1_700_000_000.25, stopDate: 1_700_000_001.5 };
const BUSY = { error: 'ThrottlingException' };

describe('StepFunctionsTaskCallback', () => {
  test.each(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])(
    'answers superseded to %s, at once',
    async (error) => {
      const sfn = stepFunctionsThat({ error });
      const callback = new StepFunctionsTaskCallback(sfn);
      expect(await callback.succeed({ taskToken: 't', output: 1 })).toBe('superseded');
      expect(await callback.fail({ taskToken: 't', error: 'E', cause: 'c' })).toBe('superseded');
      expect(sfn.requests).toHaveLength(2);
    },
  );

  test('asks nothing about a text that cannot be a token: the answer would be a refusal for ever', async () => {
    const sfn = stepFunctionsThat({ error: 'ValidationException' });
    const callback = new StepFunctionsTaskCallback(sfn);
    for (const taskToken of ['', 'A'.repeat(2049)]) {
      expect(await callback.succeed({ taskToken, output: 1 })).toBe('superseded');
      expect(await callback.fail({ taskToken, error: 'E', cause: 'c' })).toBe('superseded');
    }
    expect(sfn.requests).toEqual([]);
  });

  test('waits in place while it is throttled, and then answers', async () => {
    const sfn = stepFunctionsThat(BUSY, BUSY, BUSY, OK);
    const callback = new StepFunctionsTaskCallback(sfn);
    expect(await callback.succeed({ taskToken: 't', output: 1 })).toBe('answered');
    expect(sfn.system.slept).toEqual([199, 399, 799]);
  });

  test('throws ThrottledError when it stays throttled', async () => {
    const sfn = stepFunctionsThat(BUSY);
    const answer = new StepFunctionsTaskCallback(sfn).succeed({ taskToken: 't', output: 1 });
    await expect(answer).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(sfn.requests).toHaveLength(7);
  });

  test('sends output as JSON, and a cause cut between characters', async () => {
    const sfn = stepFunctionsThat(OK);
    const callback = new StepFunctionsTaskCallback(sfn);
    await callback.succeed({ taskToken: 't', output: { a: [1, null], b: undefined } });
    await callback.fail({ taskToken: 't', error: 'Agent.Terminal', cause: 'é'.repeat(20_000) });
    expect(sfn.requests).toEqual([
      { taskToken: 't', output: '{"a":[1,null]}' },
      { taskToken: 't', error: 'Agent.Terminal', cause: 'é'.repeat(16_384) },
    ]);
  });

  test('throws what is neither', async () => {
    const sfn = stepFunctionsThat({ error: 'AccessDeniedException' });
    const answer = new StepFunctionsTaskCallback(sfn).succeed({ taskToken: 't', output: 1 });
    await expect(answer).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });
});

describe('StepFunctionsOrchestrator', () => {
  const run = { workflow: 'support', executionName: 'r-0', input: { sb: 1 } };
  const orchestratorOn = (sfn: ReturnType<typeof stepFunctionsThat>) =>
    new StepFunctionsOrchestrator({ ...sfn, stateMachineArnPrefix: 'arn:x:signalbox-dev-' });

  test('starts the state machine of the workflow under the execution’s name', async () => {
    const sfn = stepFunctionsThat(OK);
    expect(await orchestratorOn(sfn).start(run)).toBe('started');
    expect(sfn.requests).toEqual([
      { stateMachineArn: 'arn:x:signalbox-dev-support', name: 'r-0', input: '{"sb":1}' },
    ]);
  });

  test('takes ExecutionAlreadyExists for already started, whatever the execution’s state', async () => {
    const sfn = stepFunctionsThat({ error: 'ExecutionAlreadyExists' });
    expect(await orchestratorOn(sfn).start(run)).toBe('already-started');
  });

  test('waits while it is throttled, and gives up as ThrottledError', async () => {
    const brief = stepFunctionsThat(BUSY, OK);
    expect(await orchestratorOn(brief).start(run)).toBe('started');
    const long = stepFunctionsThat(BUSY);
    await expect(orchestratorOn(long).start(run)).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(long.requests).toHaveLength(5);
  });

  const why = { error: 'Agent.Stopped', cause: 'enough' };

  test('stops the execution of that name', async () => {
    const sfn = stepFunctionsThat({ body: { stopDate: 1_700_000_000 } });
    const prefixed = new StepFunctionsOrchestrator({
      ...sfn,
      stateMachineArnPrefix: 'arn:aws:states:r:1:stateMachine:signalbox-dev-',
    });
    expect(await prefixed.stop({ ...run, ...why })).toBe('stopped');
    expect(sfn.requests).toEqual([
      { executionArn: 'arn:aws:states:r:1:execution:signalbox-dev-support:r-0', ...why },
    ]);
  });

  test('takes a refused stop of an execution that has ended, or never was, for not running', async () => {
    const gone = stepFunctionsThat({ error: 'ExecutionDoesNotExist' });
    expect(await orchestratorOn(gone).stop({ ...run, ...why })).toBe('not-running');
    const over = stepFunctionsThat(
      { error: 'ValidationException' },
      { body: { ...TIMES, status: 'SUCCEEDED', output: '1' } },
    );
    expect(await orchestratorOn(over).stop({ ...run, ...why })).toBe('not-running');
  });

  test('throws when the stop of an execution that runs is refused', async () => {
    const sfn = stepFunctionsThat(
      { error: 'ValidationException' },
      { body: { ...TIMES, status: 'RUNNING' } },
    );
    const stopped = orchestratorOn(sfn).stop({ ...run, ...why });
    await expect(stopped).rejects.toMatchObject({ name: 'ValidationException' });
  });
});

describe('StepFunctionsExecutionReader', () => {
  test('tells how an execution ended, and nothing that Step Functions does not', async () => {
    const sfn = stepFunctionsThat(
      { body: { ...TIMES, status: 'FAILED', error: 'Agent.Terminal', cause: 'c', input: '{}' } },
      { body: { ...TIMES, status: 'SUCCEEDED', output: '1' } },
    );
    const reader = new StepFunctionsExecutionReader(sfn);
    expect(await reader.describe('arn:1')).toEqual({
      status: 'FAILED',
      startMs: 1_700_000_000_250,
      stopMs: 1_700_000_001_500,
      error: 'Agent.Terminal',
      cause: 'c',
    });
    expect(await reader.describe('arn:2')).toMatchObject({ status: 'SUCCEEDED', output: '1' });
    expect(sfn.requests).toEqual([{ executionArn: 'arn:1' }, { executionArn: 'arn:2' }]);
  });

  test('knows nothing of an execution that is gone', async () => {
    const reader = new StepFunctionsExecutionReader(
      stepFunctionsThat({ error: 'ExecutionDoesNotExist' }),
    );
    expect(await reader.describe('arn:1')).toBeNull();
  });

  test('waits while it is throttled, and gives up as ThrottledError', async () => {
    const sfn = stepFunctionsThat(BUSY);
    const asked = new StepFunctionsExecutionReader(sfn).describe('arn:1');
    await expect(asked).rejects.toMatchObject({ code: 'THROTTLED' });
    expect(sfn.requests).toHaveLength(4);
  });
});
