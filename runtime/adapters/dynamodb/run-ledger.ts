import type { RunRecord } from '#runtime/contracts/ledger.ts';
import { recordText, runKey } from '#runtime/core/ledger-item.ts';
import type { Put, RunLedger } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Runs in the ledger table. */
export class DynamoDbRunLedger implements RunLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(run: string): Promise<RunRecord | null> {
    return recordOf<RunRecord>(await this.#table.get(runKey(run)));
  }

  async put(write: {
    readonly record: RunRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<RunRecord>> {
    const { record, expectedRev } = write;
    const key = runKey(record.run);
    return this.#table.compareAndPut({
      key,
      rev: record.rev,
      expectedRev,
      text: recordText(key, record, expectedRev),
      attributes: {},
    });
  }
}
