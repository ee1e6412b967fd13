import type { ExecutionDescription, ExecutionReader } from '#runtime/ports.ts';

/** Descriptions of executions in memory; `asked` lists the questions. */
export class MemoryExecutionReader implements ExecutionReader {
  readonly #descriptions = new Map<string, ExecutionDescription>();
  readonly asked: string[] = [];

  async describe(execution: string): Promise<ExecutionDescription | null> {
    this.asked.push(execution);
    return this.#descriptions.get(execution) ?? null;
  }

  /** For tests: how an execution stands from now on. */
  set(execution: string, description: ExecutionDescription): void {
    this.#descriptions.set(execution, description);
  }
}
