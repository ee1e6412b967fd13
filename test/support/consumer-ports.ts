import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryEventLog } from '#runtime/adapters/memory/event-log.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryLedger } from '#runtime/adapters/memory/ledger.ts';
import { VirtualSystem } from '#runtime/adapters/memory/virtual-system.ts';
import type { ConsumerPorts } from '#runtime/lambda/consume-events.ts';
import { SILENT } from '#runtime/lambda/telemetry.ts';

/** What a consumer of the stream needs, in memory. */
export const consumerPorts = <C extends Partial<ConsumerPorts>>(changes: C) => ({
  lanes: new MemoryLaneStore(),
  checkpoints: new MemoryCheckpoints(),
  deadLetters: new MemoryLedger().deadLetters,
  events: new MemoryEventLog(),
  system: new VirtualSystem(),
  telemetry: SILENT,
  ...changes,
});
