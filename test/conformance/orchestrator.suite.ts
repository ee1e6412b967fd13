import { expect, test } from 'vitest';
import type { Orchestrator } from '#runtime/ports.ts';
import { AWKWARD_JSON, newRun, textOf } from './samples.ts';

export interface OrchestratorSubject {
  readonly orchestrator: Orchestrator;
  /** A workflow that can be started. */
  readonly workflow: string;
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
}
