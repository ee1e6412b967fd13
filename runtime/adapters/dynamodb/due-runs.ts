import { marshall } from '@aws-sdk/util-dynamodb';
import { DUE_PARTITIONS, dueBound, dueKey, earliestOf } from '#runtime/core/due-run.ts';
import type { DueRun, DueRuns } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Due runs in the ledger table, sorted by when they are due. */
export class DynamoDbDueRuns implements DueRuns {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async put({ run, dueAtMs }: DueRun): Promise<void> {
    const entry = { run, dueAtMs };
    await this.#table.putAll([marshall({ ...dueKey(entry), record: JSON.stringify(entry) })]);
  }

  async due(query: { readonly nowMs: number; readonly limit: number }): Promise<readonly DueRun[]> {
    const { nowMs, limit } = query;
    const before = dueBound(nowMs);
    const found = await Promise.all(
      DUE_PARTITIONS.map((pk) => this.#table.queryFirst({ pk, before }, limit)),
    );
    return earliestOf(
      found.flat().flatMap((item) => recordOf<DueRun>(item) ?? []),
      limit,
    );
  }

  async remove(entry: DueRun): Promise<void> {
    await this.#table.deleteAll([dueKey(entry)]);
  }
}
