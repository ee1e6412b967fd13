import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { inboxKey } from '#runtime/core/ledger-item.ts';
import { boundedJson, EVENT_MAX_BYTES } from '#runtime/core/limits.ts';
import type { Inbox, Put } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** Events from outside in the ledger table, beside the records of their run. */
export class DynamoDbInbox implements Inbox {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async put(event: SignalboxEvent): Promise<Put<SignalboxEvent>> {
    return this.#table.compareAndPut({
      key: inboxKey(event),
      rev: 1,
      expectedRev: null,
      text: boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES),
      attributes: {},
    });
  }

  async read(key: { readonly run: string; readonly id: string }): Promise<SignalboxEvent | null> {
    return recordOf<SignalboxEvent>(await this.#table.get(inboxKey(key)));
  }

  async list(run: string): Promise<readonly SignalboxEvent[]> {
    const items = await this.#table.queryUnder(inboxKey({ run, id: '' }));
    return items
      .flatMap((item) => recordOf<SignalboxEvent>(item) ?? [])
      .sort((a, b) => (eventPosition(a) < eventPosition(b) ? -1 : 1));
  }
}
