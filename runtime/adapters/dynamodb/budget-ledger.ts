import type { BudgetRecord } from '#runtime/contracts/budget.ts';
import { budgetKey } from '#runtime/core/ledger-item.ts';
import type { BudgetLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Budgets in the ledger table, beside the control records of their runs. */
export class DynamoDbBudgetLedger extends RevisedRecords<BudgetRecord> implements BudgetLedger {
  constructor(options: TableOptions) {
    super(options, { keyOf: budgetKey, idOf: ({ run }) => run });
  }
}
