import type { ReactionsRecord } from '#runtime/contracts/reactions.ts';
import { reactionsKey } from '#runtime/core/ledger-item.ts';
import type { ReactionsLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Reactions of runs in the ledger table. */
export class DynamoDbReactionsLedger
  extends RevisedRecords<ReactionsRecord>
  implements ReactionsLedger
{
  constructor(options: TableOptions) {
    super(options, { keyOf: reactionsKey, idOf: ({ run }) => run });
  }
}
