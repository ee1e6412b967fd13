import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { RetryableError, TerminalError } from '#runtime/contracts/errors.ts';
import { runWorkflow, type ScriptedAgent } from '#runtime/testing/run-workflow.ts';
import { machine, task } from '../../support/machines.ts';

/** A message as agent steps send it. */
const body = (agent: string) => ({
  schemaVersion: 1,
  run: '{% $states.context.Execution.Input.sb %}',
  step: {
    path: 'work',
    agent,
    kind: 'agent',
    inlineBytes: 32_768,
    maxAttempts: 4,
    attempt: { redrive: 0, retry: '{% $states.context.State.RetryCount %}' },
    enteredAt: '{% $states.context.State.EnteredTime %}',
  },
  input: { q: '{% $states.context.Execution.Input.input.q %}' },
  taskToken: '{% $states.context.Task.Token %}',
});

const workflow = (more = {}) =>
  machine('work', {
    work: task('', {
      Arguments: { MessageBody: body('do-work') },
      TimeoutSeconds: 300,
      Retry: [
        { ErrorEquals: ['States.Timeout', 'Declared'], MaxAttempts: 0 },
        {
          ErrorEquals: ['Agent.Retryable'],
          IntervalSeconds: 2,
          MaxAttempts: 3,
          JitterStrategy: 'FULL',
        },
      ],
      Assign: { work: '{% $states.result %}' },
      Output: {},
      Next: 'done',
      ...more,
    }),
    done: { Type: 'Pass', Output: '{% $work %}', End: true },
  });

const run = (agent: ScriptedAgent, more = {}) =>
  runWorkflow(workflow(), { input: { q: 'why?' }, agents: { 'do-work': agent }, ...more });

describe('a run', () => {
  test("gives the output and every step's path, agent, input and outcome", async () => {
    const result = await run(({ q }: { q: string }) => ({ answer: q.length }));
    expect(result).toEqual({
      status: 'succeeded',
      output: { answer: 4 },
      transitions: 2,
      historyEvents: 10,
      elapsedMs: 0,
      steps: [
        {
          path: 'work',
          agent: 'do-work',
          input: { q: 'why?' },
          attempt: 1,
          atMs: 0,
          outcome: { kind: 'succeeded', output: { answer: 4 } },
        },
      ],
    });
  });

  test('time that agents and waits take is skipped but counted', async () => {
    const result = await run(async (_input, { attempt, sleep }) => {
      await sleep(1000);
      if (attempt < 3) throw new RetryableError('later');
      return {};
    });
    expect(result).toMatchObject({ status: 'succeeded', elapsedMs: 3000 + 2000 + 4000 });
    expect(result.steps.map(({ attempt, atMs }) => [attempt, atMs])).toEqual([
      [1, 0],
      [2, 3000],
      [3, 8000],
    ]);
  });

  test('randomness for jitter is injected', async () => {
    const result = await run(
      (_input, { attempt }) => {
        if (attempt === 1) throw new RetryableError('later');
        return {};
      },
      { random: () => 0.5 },
    );
    expect(result.elapsedMs).toBe(1000);
  });
});

describe('failures of scripted agents', () => {
  test.each([
    ['a retryable error', new RetryableError('busy'), 'Agent.Retryable', 4],
    ['an unknown error', new RangeError('bug'), 'Agent.Retryable', 4],
    ['a terminal error', new TerminalError('no'), 'Agent.Terminal', 1],
    [
      'a platform code',
      new TerminalError('late', { code: 'DEADLINE_EXCEEDED' }),
      'Agent.DeadlineExceeded',
      1,
    ],
    ['a declared error', new TerminalError('no', { errorName: 'Declared' }), 'Declared', 1],
    ['an undeclared error', new TerminalError('no', { errorName: 'Other' }), 'Agent.Terminal', 1],
  ])('%s ends the run as it would the real one', async (_what, error, name, attempts) => {
    const result = await run(() => {
      throw error;
    });
    expect(result).toMatchObject({ status: 'failed', error: { name } });
    expect(result.steps).toHaveLength(attempts);
  });

  test("another agent's declared error is undeclared, and so is a name of the platform's", async () => {
    const notMine = task('', {
      Arguments: { MessageBody: body('do-other') },
      Retry: [{ ErrorEquals: ['Others'], MaxAttempts: 0 }],
      End: true,
    });
    const definition = workflow({ Next: 'other' });
    const both = { ...definition, States: { ...definition.States, other: notMine } };
    for (const errorName of ['Others', 'States.Timeout']) {
      const script = () => {
        throw new TerminalError('no', { errorName });
      };
      const result = await runWorkflow(both, {
        input: { q: 'why?' },
        agents: { 'do-work': script },
      });
      expect(result).toMatchObject({ status: 'failed', error: { name: 'Agent.Terminal' } });
    }
  });

  test('an output that is not JSON fails the step', async () => {
    const result = await run(() => ({ when: new Date(0) }));
    expect(result).toMatchObject({ status: 'failed', error: { name: 'Agent.OutputInvalid' } });
  });

  test('an agent that never answers runs into the timeout', async () => {
    const result = await run((_input, { sleep }) => sleep(1_000_000));
    expect(result).toMatchObject({
      status: 'failed',
      error: { name: 'States.Timeout' },
      elapsedMs: 300_000,
      steps: [{ outcome: { kind: 'unanswered' } }],
    });
  });
});

describe('scripted agents', () => {
  test('an agent that waits for something real does not let virtual time run away', async () => {
    const result = await run(async () => {
      const text = await readFile(new URL(import.meta.url), 'utf8');
      return { isRead: text.length > 0 };
    });
    expect(result).toMatchObject({ status: 'succeeded', output: { isRead: true }, elapsedMs: 0 });
  });

  test('the envelope is the one that the test wants', async () => {
    const result = await run(
      (_input, { run: { id, root, tenant, gen } }) => ({ id, root, tenant, gen }),
      {
        run: { id: 'r', tenant: 'acme', gen: 2 },
      },
    );
    expect(result).toMatchObject({ output: { id: 'r', root: 'r', tenant: 'acme', gen: 2 } });
  });

  test('a step without a scripted agent is refused, by name', async () => {
    const missing = runWorkflow(workflow(), {
      input: { q: '' },
      agents: { 'do-other': () => ({}) },
    });
    await expect(missing).rejects.toThrow(
      'step "work" needs agent "do-work", which is not scripted; scripted: do-other',
    );
  });

  test('a message that no worker would accept is refused', async () => {
    const broken = machine('work', {
      work: task('', {
        Arguments: { MessageBody: { ...body('do-work'), schemaVersion: 9 } },
        End: true,
      }),
    });
    const result = runWorkflow(broken, { input: { q: '' }, agents: { 'do-work': () => ({}) } });
    await expect(result).rejects.toThrow('schemaVersion');
  });
});
