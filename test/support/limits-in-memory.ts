import { MemoryAdmissionLedger } from '#runtime/adapters/memory/admission-ledger.ts';
import { MemoryOutbox } from '#runtime/adapters/memory/outbox.ts';
import { MemoryPlaceKey } from '#runtime/adapters/memory/place-key.ts';
import { MemoryQueueDepths } from '#runtime/adapters/memory/queue-depths.ts';
import { MemoryQuotaLedger } from '#runtime/adapters/memory/quota-ledger.ts';
import { MemoryStageMeter } from '#runtime/adapters/memory/stage-meter.ts';
import { MemoryWorkQueue } from '#runtime/adapters/memory/work-queue.ts';
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
  return {
    /** By agent. */
    queues,
    outbox,
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
    },
  };
}
