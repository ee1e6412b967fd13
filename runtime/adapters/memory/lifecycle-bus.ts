import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { lifecycleDetail } from '#runtime/core/export/lifecycle.ts';
import type { LifecycleBus } from '#runtime/ports.ts';

/** A bus in memory; kept as text, as a bus carries it. */
export class MemoryLifecycleBus implements LifecycleBus {
  readonly #details: string[] = [];

  async put(events: readonly SignalboxEvent[]): Promise<void> {
    this.#details.push(...events.map(lifecycleDetail));
  }

  /** For tests: everything on the bus, duplicates included. */
  get events(): readonly SignalboxEvent[] {
    return this.#details.map((detail) => JSON.parse(detail));
  }
}
