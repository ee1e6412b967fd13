import { type ItemKey, recordText } from '#runtime/core/ledger-item.ts';
import type { Put } from '#runtime/ports.ts';

/** Records of one kind in memory, written by compare and put on their `rev`; kept as JSON text, so that what is read is a copy. */
export class MemoryRevisedRecords<R extends { readonly rev: number }> {
  readonly #texts = new Map<string, string>();
  readonly #keyOf: (id: string) => ItemKey;
  readonly #idOf: (record: R) => string;

  constructor(placing: {
    readonly keyOf: (id: string) => ItemKey;
    readonly idOf: (record: R) => string;
  }) {
    this.#keyOf = placing.keyOf;
    this.#idOf = placing.idOf;
  }

  async read(id: string): Promise<R | null> {
    return this.#stored(id);
  }

  async put(write: { readonly record: R; readonly expectedRev: number | null }): Promise<Put<R>> {
    const { record, expectedRev } = write;
    const id = this.#idOf(record);
    const text = recordText(this.#keyOf(id), record, expectedRev);
    const current = this.#stored(id);
    if ((current?.rev ?? null) !== expectedRev) return { kind: 'conflict', current };
    this.#texts.set(id, text);
    return { kind: 'written' };
  }

  #stored(id: string): R | null {
    const text = this.#texts.get(id);
    return text === undefined ? null : JSON.parse(text);
  }
}
