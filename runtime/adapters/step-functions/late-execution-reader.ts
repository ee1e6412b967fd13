import { lazy } from '#runtime/core/lazy.ts';
import type { ExecutionReader, System } from '#runtime/ports.ts';

/** A reader of executions that loads the client of Step Functions with the first question: most functions never ask one. */
export function lateExecutionReader(system: System): ExecutionReader {
  const loaded = lazy(() => load(system));
  return { describe: async (execution) => (await loaded()).describe(execution) };
}

async function load(system: System): Promise<ExecutionReader> {
  const [{ stepFunctionsClient }, { StepFunctionsExecutionReader }] = await Promise.all([
    import('./client.ts'),
    import('./execution-reader.ts'),
  ]);
  return new StepFunctionsExecutionReader({ client: stepFunctionsClient(), system });
}
