import type { ReplayRecord } from '#runtime/contracts/replay.ts';
import { replayKey } from '#runtime/core/replay/replay-item.ts';
import type { ReplayLedger } from '#runtime/ports.ts';
import { MemoryRevisedRecords } from './revised-records.ts';

/** Replays in memory. */
export class MemoryReplayLedger extends MemoryRevisedRecords<ReplayRecord> implements ReplayLedger {
  constructor() {
    super({ keyOf: replayKey, idOf: ({ id }) => id });
  }
}
