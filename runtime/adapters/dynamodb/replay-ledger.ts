import type { ReplayRecord } from '#runtime/contracts/replay.ts';
import { replayKey } from '#runtime/core/replay/replay-item.ts';
import type { ReplayLedger } from '#runtime/ports.ts';
import { RevisedRecords } from './revised-records.ts';
import type { TableOptions } from './table.ts';

/** Replays in the ledger table. */
export class DynamoDbReplayLedger extends RevisedRecords<ReplayRecord> implements ReplayLedger {
  constructor(options: TableOptions) {
    super(options, { keyOf: replayKey, idOf: ({ id }) => id });
  }
}
