import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { streamRecord } from '#runtime/core/stream-record.ts';
import type { EventLog } from '#runtime/ports.ts';

/** The event stream in memory: one shard, in order of arrival, duplicates kept. */
export class MemoryEventLog implements EventLog {
  readonly #texts: string[] = [];

  async append(events: readonly SignalboxEvent[]): Promise<void> {
    // All are checked before the first is taken, as in front of the stream.
    const texts = events.map(streamRecord);
    this.#texts.push(...texts);
  }

  /** For tests: everything in the stream, duplicates included. */
  get events(): readonly SignalboxEvent[] {
    return this.#texts.map((text) => JSON.parse(text));
  }
}
