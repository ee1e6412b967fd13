import { marshall } from '@aws-sdk/util-dynamodb';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { OUTBOX_PARTITIONS, oldestOf, outboxKey } from '#runtime/core/event-outbox.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { Outbox } from '#runtime/ports.ts';
import { DynamoDbTable, keyText, recordOf, type TableOptions } from './table.ts';

/** The outbox in the ledger table: one item an event, written and removed 25 at a time. */
export class DynamoDbOutbox implements Outbox {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async put(events: readonly SignalboxEvent[]): Promise<void> {
    const items = new Map(
      events.map((event) => {
        const key = outboxKey(event);
        const record = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
        return [keyText(key), marshall({ ...key, record })];
      }),
    );
    await this.#table.putAll([...items.values()]);
  }

  async oldest(limit: number): Promise<readonly SignalboxEvent[]> {
    const share = Math.ceil(limit / OUTBOX_PARTITIONS.length);
    const found = await Promise.all(
      OUTBOX_PARTITIONS.map((pk) => this.#table.queryFirst({ pk }, share)),
    );
    return oldestOf(
      found.flat().flatMap((item) => recordOf<SignalboxEvent>(item) ?? []),
      limit,
    );
  }

  async remove(events: readonly SignalboxEvent[]): Promise<void> {
    const keys = new Map(events.map(outboxKey).map((key) => [keyText(key), key]));
    await this.#table.deleteAll([...keys.values()]);
  }
}
