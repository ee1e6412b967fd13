import type { ReadModelTables } from '#runtime/ports.ts';
import { MemoryReadModel } from './read-model.ts';

/** Read models in memory, by name. */
export class MemoryReadModelTables implements ReadModelTables {
  readonly #tables = new Map<string, MemoryReadModel>();

  async open(name: string): ReturnType<ReadModelTables['open']> {
    const table = this.#tables.get(name) ?? new MemoryReadModel();
    this.#tables.set(name, table);
    return { writer: table, reader: table };
  }
}
