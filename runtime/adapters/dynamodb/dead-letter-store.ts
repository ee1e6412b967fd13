import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { DeadLetter, DeadLetterSummary } from '#runtime/contracts/ledger.ts';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import {
  pageOf,
  pageStart,
  placeOf,
  summaryOf,
  tenantOfLetter,
} from '#runtime/core/dead-letter-list.ts';
import { deadLetterKey, deadLetterListKey, type ItemKey } from '#runtime/core/ledger-item.ts';
import { boundedJson, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import type { DeadLetterStore } from '#runtime/ports.ts';
import { DynamoDbTable, type Item, recordOf, type TableOptions } from './table.ts';

/**
 * Dead letters in the ledger table; the first one parked under an id stays. A letter and its entry in
 * the list of its tenant are written together or not at all.
 */
export class DynamoDbDeadLetterStore implements DeadLetterStore {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async park(letter: DeadLetter): Promise<void> {
    const text = boundedJson(`the dead letter "${letter.id}"`, letter, RECORD_MAX_BYTES);
    const entry = deadLetterListKey(tenantOfLetter(letter), placeOf(letter));
    try {
      await this.#table.transact([
        { Put: this.#put(deadLetterKey(letter.id), text) },
        { Put: this.#put(entry, JSON.stringify(summaryOf(letter))) },
      ]);
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }

  async read(id: string): Promise<DeadLetter | null> {
    return recordOf<DeadLetter>(await this.#table.get(deadLetterKey(id)));
  }

  async list(query: {
    readonly tenant: string;
    readonly limit: number;
    readonly cursor?: string;
  }): ReturnType<DeadLetterStore['list']> {
    const { tenant, limit, cursor } = query;
    const items = await this.#before(tenant, pageStart(tenant, cursor), limit + 1);
    const found = items.flatMap((item) => recordOf<DeadLetterSummary>(item) ?? []);
    return pageOf(tenant, found, limit);
  }

  #put(key: ItemKey, record: string) {
    return {
      TableName: this.#table.name,
      Item: marshall({ ...key, record }),
      ConditionExpression: `attribute_not_exists(${TABLE_KEY.partition})`,
    };
  }

  /** A page of DynamoDB may end early, by bytes. */
  async #before(tenant: string, place: string, count: number): Promise<readonly Item[]> {
    const { pk, sk } = deadLetterListKey(tenant, place);
    const found: Item[] = [];
    let from: Item | undefined;
    do {
      const page = await this.#table.query({
        KeyConditionExpression: `${TABLE_KEY.partition} = :pk AND ${TABLE_KEY.sort} < :sk`,
        ExpressionAttributeValues: marshall({ ':pk': pk, ':sk': sk }),
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: count - found.length,
        ...(from && { ExclusiveStartKey: from }),
      });
      found.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from && found.length < count);
    return found;
  }
}

/** True when the letter is parked already. */
const isThere = (error: unknown): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).some(({ Code: code }) => code === 'ConditionalCheckFailed');
