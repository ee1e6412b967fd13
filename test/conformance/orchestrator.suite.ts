import { describe, expect, test } from 'vitest';
import type { Orchestrator } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, textOf } from './samples.ts';

export interface OrchestratorSubject {
  readonly orchestrator: Orchestrator;
  /** A workflow that can be started; its executions soon succeed with `null`. */
  readonly workflow: string;
  /** A workflow whose executions run until they are stopped. */
  readonly endless: string;
  /** Resolves when an execution of `workflow` has ended. */
  readonly ended: (executionName: string) => Promise<void>;
  /** The input of an execution, `null` when it was never started. */
  readonly inputOf: (executionName: string) => Promise<unknown>;
}

/** What every Orchestrator does. */
export function testOrchestrator(subject: () => OrchestratorSubject): void {
  const start = (executionName: string, input: unknown) => {
    const { orchestrator, workflow } = subject();
    return orchestrator.start({ workflow, executionName, input });
  };

  test('starts an execution with its input', async () => {
    const name = `${newRun()}-0`;
    const input = { sb: { id: 'r' }, input: AWKWARD_JSON };
    expect(await start(name, input)).toBe('started');
    expect(await subject().inputOf(name)).toEqual(input);
  });

  test('starts one execution per name, whatever a later request says (R1)', async () => {
    const name = `${newRun()}-0`;
    await start(name, { request: 1 });
    expect(await start(name, { request: 2 })).toBe('already-started');
    expect(await subject().inputOf(name)).toEqual({ request: 1 });
  });

  test('takes the same request again', async () => {
    const name = `${newRun()}-0`;
    await start(name, { request: 1 });
    // While it runs, Step Functions answers a repeat like the first request.
    expect(['started', 'already-started']).toContain(await start(name, { request: 1 }));
    expect(await subject().inputOf(name)).toEqual({ request: 1 });
  });

  test('starts one of many different requests at once', async () => {
    const name = `${newRun()}-0`;
    const inputs = Array.from({ length: 5 }, (_, i) => ({ request: i }));
    const answers = await Promise.all(inputs.map((input) => start(name, input)));
    const winner = answers.indexOf('started');
    expect(answers.filter((answer) => answer === 'started')).toHaveLength(1);
    expect(await subject().inputOf(name)).toEqual({ request: winner });
  });

  test('starts the generations of a run separately', async () => {
    const run = newRun();
    expect(await start(`${run}-0`, { gen: 0 })).toBe('started');
    expect(await start(`${run}-1`, { gen: 1 })).toBe('started');
  });

  test('throws for a workflow that is not deployed', async () => {
    const { orchestrator } = subject();
    const started = orchestrator.start({ workflow: 'absent', executionName: 'a-0', input: {} });
    await expect(started).rejects.toThrow();
  });

  test('refuses an input that is not JSON or larger than 256 KiB', async () => {
    const name = `${newRun()}-0`;
    await expect(start(name, { at: new Date(0) })).rejects.toMatchObject({ code: 'NOT_JSON' });
    await expect(start(name, textOf(257 * 1024))).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(await subject().inputOf(name)).toBeNull();
  });

  describe('stop and describe', () => testStopping(subject));
}

function testStopping(subject: () => OrchestratorSubject): void {
  const WHY = { error: 'Agent.Stopped', cause: 'a person said so' };
  /** Starts an execution that runs on. */
  const running = async () => {
    const { orchestrator, endless: workflow } = subject();
    const execution = { workflow, executionName: `${newRun()}-0` };
    await orchestrator.start({ ...execution, input: {} });
    return execution;
  };
  /** Starts an execution that ends by itself. */
  const over = async () => {
    const { orchestrator, workflow, ended } = subject();
    const execution = { workflow, executionName: `${newRun()}-0` };
    await orchestrator.start({ ...execution, input: {} });
    await ended(execution.executionName);
    return execution;
  };

  test('describe an execution that runs, by when it began', async () => {
    const execution = await running();
    const description = await subject().orchestrator.describe(execution);
    expect(description).toEqual({ status: 'RUNNING', startMs: expect.any(Number) });
    expect(Number.isInteger(description?.startMs)).toBe(true);
    await subject().orchestrator.stop({ ...execution, ...WHY });
  });

  test('describe an execution that succeeded, with its output', async () => {
    const description = await subject().orchestrator.describe(await over());
    expect(description).toMatchObject({ status: 'SUCCEEDED', output: 'null' });
    const { startMs = 0, stopMs = 0 } = description ?? {};
    expect(stopMs).toBeGreaterThanOrEqual(startMs);
  });

  test('end an execution that runs, with the words that are given', async () => {
    const execution = await running();
    const { orchestrator } = subject();
    expect(await orchestrator.stop({ ...execution, ...WHY })).toBe('stopped');
    expect(await orchestrator.describe(execution)).toEqual({
      status: 'ABORTED',
      startMs: expect.any(Number),
      stopMs: expect.any(Number),
      ...WHY,
    });
  });

  test('leave an execution that has ended as it is', async () => {
    const { orchestrator } = subject();
    const execution = await over();
    const before = await orchestrator.describe(execution);
    // AWS does not tell an execution that it has stopped from one that had ended before.
    expect(['stopped', 'not-running']).toContain(await orchestrator.stop({ ...execution, ...WHY }));
    expect(await orchestrator.describe(execution)).toEqual(before);
  });

  test('stop an execution once, however often it is asked to', async () => {
    const { orchestrator } = subject();
    const execution = await running();
    await orchestrator.stop({ ...execution, ...WHY });
    await orchestrator.stop({ ...execution, error: 'Agent.DeadlineExceeded', cause: 'later' });
    expect(await orchestrator.describe(execution)).toMatchObject(WHY);
  });

  test('take a cause of any length, and keep its beginning', async () => {
    const { orchestrator } = subject();
    const execution = await running();
    await orchestrator.stop({ ...execution, ...WHY, cause: textOf(40 * 1024) });
    const description = await orchestrator.describe(execution);
    expect(Buffer.byteLength(description?.cause ?? '')).toBe(32 * 1024);
  });

  test('know nothing of an execution that was never started', async () => {
    const { orchestrator, workflow } = subject();
    const execution = { workflow, executionName: `${newRun()}-0` };
    expect(await orchestrator.describe(execution)).toBeNull();
    expect(await orchestrator.stop({ ...execution, ...WHY })).toBe('not-running');
  });
}
