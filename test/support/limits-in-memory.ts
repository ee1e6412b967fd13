import { MemoryAdmissionLedger } from '#runtime/adapters/memory/admission-ledger.ts';
import { MemoryCheckpoints } from '#runtime/adapters/memory/checkpoints.ts';
import { MemoryDispatcher } from '#runtime/adapters/memory/dispatcher.ts';
import { MemoryLaneStore } from '#runtime/adapters/memory/lane-store.ts';
import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import { MemoryPlaceKey } from '#runtime/adapters/memory/place-key.ts';
import { MemoryQueueDepths } from '#runtime/adapters/memory/queue-depths.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { MemoryReplayLedger } from '#runtime/adapters/memory/replay-ledger.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import { MemoryStreamTail } from '#runtime/adapters/memory/stream-tail.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
import { REPLAYABLE, replayQueue } from '#runtime/contracts/consumers.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import type { System } from '#runtime/ports.ts';

const QUEUE = { visibilitySeconds: 30, maxReceiveCount: 12 };

/** What the API knows of limits and of the fleet: ports in memory, and the queues behind them. */
export function limitsInMemory(
  system: System,
  {
    agents = {},
    limits = {},
  }: {
    /** By workflow; each agent has a queue. */
    readonly agents?: Readonly<Record<string, readonly string[]>>;
    readonly limits?: Readonly<Record<string, QuotaLimits>>;
  } = {},
) {
  const queues = new Map(
    Object.values(agents)
      .flat()
      .map((agent) => [agent, new MemoryWorkQueue(system, QUEUE)]),
  );
  const outbox = new MemoryOutbox();
  const orders = new Map(
    [...REPLAYABLE.map(replayQueue), PLATFORM_NAMES.rebuildReadModel].map((name) => [
      name,
      new MemoryWorkQueue(system, QUEUE),
    ]),
  );
  return {
    /** By agent. */
    queues,
    outbox,
    /** By name: what consumers are told about the past. */
    orders,
    ports: {
      admissions: new MemoryAdmissionLedger(),
      placeKey: new MemoryPlaceKey(system),
      quotas: new MemoryQuotaLedger(),
      quotaLimits: limits,
      expectedCalls: {},
      meter: new MemoryStageMeter(),
      agents,
      queueDepths: new MemoryQueueDepths(queues),
      outbox,
      checkpoints: new MemoryCheckpoints(),
      lanes: new MemoryLaneStore(),
      tail: new MemoryStreamTail(),
      replays: new MemoryReplayLedger(),
      dispatcher: new MemoryDispatcher(orders),
    },
  };
}
