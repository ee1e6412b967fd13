import { dueKey, earliestOf } from '#runtime/core/due-run.ts';
import type { DueRun, DueRuns } from '#runtime/ports.ts';

/** Due runs in memory. */
export class MemoryDueRuns implements DueRuns {
  readonly #entries = new Map<string, DueRun>();

  async put({ run, dueAtMs }: DueRun): Promise<void> {
    this.#entries.set(keyOf({ run, dueAtMs }), { run, dueAtMs });
  }

  async due(query: { readonly nowMs: number; readonly limit: number }): Promise<readonly DueRun[]> {
    const due = this.entries.filter(({ dueAtMs }) => dueAtMs <= query.nowMs);
    return earliestOf(due, query.limit);
  }

  async remove(entry: DueRun): Promise<void> {
    this.#entries.delete(keyOf(entry));
  }

  /** For tests: all entries. */
  get entries(): readonly DueRun[] {
    return [...this.#entries.values()];
  }
}

function keyOf(entry: DueRun): string {
  const { pk, sk } = dueKey(entry);
  return `${pk}\n${sk}`;
}
