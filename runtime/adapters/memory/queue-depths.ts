import type { QueueDepth, QueueDepths } from '#runtime/ports.ts';
import type { MemoryWorkQueue } from './work-queue.ts';

/** Depths of queues in memory, by agent. */
export class MemoryQueueDepths implements QueueDepths {
  readonly #queues: ReadonlyMap<string, Pick<MemoryWorkQueue, 'depth'>>;

  constructor(queues: ReadonlyMap<string, Pick<MemoryWorkQueue, 'depth'>>) {
    this.#queues = queues;
  }

  async read(agents: readonly string[]): Promise<readonly (QueueDepth | null)[]> {
    return agents.map((agent) => this.#queues.get(agent)?.depth ?? null);
  }
}
