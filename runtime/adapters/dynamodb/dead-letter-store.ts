import type { DeadLetter } from '#runtime/contracts/ledger.ts';
import { deadLetterKey } from '#runtime/core/ledger-item.ts';
import { boundedJson, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import type { DeadLetterStore } from '#runtime/ports.ts';
import { DynamoDbTable, type TableOptions } from './table.ts';

/** Dead letters in the ledger table; the first one parked under an id stays. */
export class DynamoDbDeadLetterStore implements DeadLetterStore {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async park(letter: DeadLetter): Promise<void> {
    await this.#table.compareAndPut<DeadLetter>({
      key: deadLetterKey(letter.id),
      rev: 1,
      expectedRev: null,
      text: boundedJson(`the dead letter "${letter.id}"`, letter, RECORD_MAX_BYTES),
      attributes: {},
    });
  }
}
