import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import { budgetKey, recordText } from '#runtime/core/ledger-item.ts';
import type { BudgetLedger, Put } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Budgets in the ledger table, beside the control records of their runs. */
export class DynamoDbBudgetLedger implements BudgetLedger {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async read(run: string): Promise<BudgetRecord | null> {
    return recordOf<BudgetRecord>(await this.#table.get(budgetKey(run)));
  }

  async put(write: {
    readonly record: BudgetRecord;
    readonly expectedRev: number | null;
  }): Promise<Put<BudgetRecord>> {
    const { record, expectedRev } = write;
    const key = budgetKey(record.run);
    return this.#table.compareAndPut({
      key,
      rev: record.rev,
      expectedRev,
      text: recordText(key, record, expectedRev),
      attributes: {},
    });
  }
}
