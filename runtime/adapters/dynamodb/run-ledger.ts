import type { RunRecord } from '#runtime/contracts/ledger.ts';
import { runKey } from '#runtime/core/ledger-item.ts';
import type { RunLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Runs in the ledger table. */
export class DynamoDbRunLedger extends RevisedRecords<RunRecord> implements RunLedger {
  constructor(options: TableOptions) {
    super(options, { keyOf: runKey, idOf: ({ run }) => run });
  }
}
