import { type ItemKey, recordText } from '#runtime/core/ledger-item.ts';
import type { Put } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

/** What places a record in its table. */
interface Placing<R> {
  readonly keyOf: (id: string) => ItemKey;
  readonly idOf: (record: R) => string;
}

/** Records of one kind, read consistently by id and written by compare and put on their `rev`. */
export class RevisedRecords<R extends { readonly rev: number }> {
  readonly #table: DynamoDbTable;
  readonly #placing: Placing<R>;

  constructor(options: TableOptions, placing: Placing<R>) {
    this.#table = new DynamoDbTable(options);
    this.#placing = placing;
  }

  async read(id: string): Promise<R | null> {
    return recordOf<R>(await this.#table.get(this.#placing.keyOf(id)));
  }

  async put(write: { readonly record: R; readonly expectedRev: number | null }): Promise<Put<R>> {
    const { record, expectedRev } = write;
    const key = this.#placing.keyOf(this.#placing.idOf(record));
    return this.#table.compareAndPut({
      key,
      rev: record.rev,
      expectedRev,
      text: recordText(key, record, expectedRev),
      attributes: {},
    });
  }
}
