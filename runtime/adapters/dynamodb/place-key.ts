import { PLACE_KEY } from '#runtime/core/admission-item.ts';
import { lazy } from '#runtime/core/lazy.ts';
import { keyOfText } from '#runtime/core/return-place.ts';
import type { PlaceKey, System } from '#runtime/ports.ts';
import { DynamoDbTable, recordOf, type TableOptions } from './table.ts';

interface StoredKey {
  readonly secret: string;
}

/** The key of the stage's places in the limits table, read once by each process. */
export class DynamoDbPlaceKey implements PlaceKey {
  readonly #table: DynamoDbTable;
  readonly #system: System;
  readonly #key = lazy(async () => keyOfText(await this.#stored()));

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
    this.#system = options.system;
  }

  read(): Promise<Uint8Array> {
    return this.#key();
  }

  /** The first one to ask makes it; two at once make one. */
  async #stored(): Promise<string> {
    const found = recordOf<StoredKey>(await this.#table.get(PLACE_KEY));
    if (found) return found.secret;
    const secret = this.#system.randomId() + this.#system.randomId();
    const put = await this.#table.compareAndPut<StoredKey>({
      key: PLACE_KEY,
      rev: 1,
      expectedRev: null,
      text: JSON.stringify({ secret }),
      attributes: {},
    });
    return put.kind === 'written' ? secret : (put.current?.secret ?? this.#stored());
  }
}
