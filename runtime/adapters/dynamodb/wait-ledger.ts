import type { WaitsRecord } from '#runtime/contracts/wait.ts';
import { waitsKey } from '#runtime/core/ledger-item.ts';
import type { WaitLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Waits in the ledger table, which is encrypted: their task tokens are credentials. */
export class DynamoDbWaitLedger extends RevisedRecords<WaitsRecord> implements WaitLedger {
  constructor(options: TableOptions) {
    super(options, { keyOf: waitsKey, idOf: ({ run }) => run });
  }
}
