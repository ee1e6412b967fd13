import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { oldestOf, outboxKey } from '#runtime/core/event-outbox.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { Outbox } from '#runtime/ports.ts';

/** The outbox in memory. */
export class MemoryOutbox implements Outbox {
  readonly #texts = new Map<string, string>();

  async put(events: readonly SignalboxEvent[]): Promise<void> {
    // All are checked before the first is kept.
    const texts = events.map((event) => boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES));
    for (const [i, event] of events.entries()) this.#texts.set(keyOf(event), texts[i] ?? '');
  }

  async oldest(limit: number): Promise<readonly SignalboxEvent[]> {
    return oldestOf(this.events, limit);
  }

  async remove(events: readonly SignalboxEvent[]): Promise<void> {
    for (const event of events) this.#texts.delete(keyOf(event));
  }

  /** For tests: everything that is kept. */
  get events(): readonly SignalboxEvent[] {
    return [...this.#texts.values()].map((text) => JSON.parse(text));
  }
}

function keyOf(event: SignalboxEvent): string {
  const { pk, sk } = outboxKey(event);
  return `${pk}\n${sk}`;
}
