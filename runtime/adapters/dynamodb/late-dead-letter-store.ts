import { lazy } from '#runtime/core/lazy.ts';
import type { DeadLetterStore } from '#runtime/ports.ts';
import type { TableOptions } from './table.ts';

/** A store of dead letters that is loaded with the first letter: most workers never park one. */
export function lateDeadLetterStore(options: TableOptions): DeadLetterStore {
  const loaded = lazy(async () => {
    const { DynamoDbDeadLetterStore } = await import('./dead-letter-store.ts');
    return new DynamoDbDeadLetterStore(options);
  });
  return {
    park: async (letter) => (await loaded()).park(letter),
    read: async (id) => (await loaded()).read(id),
    list: async (query) => (await loaded()).list(query),
  };
}
