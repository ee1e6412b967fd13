/**
 * A DynamoDB table of records: reads, and compare and put on `rev`.
 *
 * Job: what all tables of the runtime have in common.
 * Boundary: keys and meaning of the records are the callers'.
 *
 * Invariants
 * D1. A record is stored as JSON text beside the few attributes that conditions and indexes need. So
 *     every JSON value comes back as it was; DynamoDB's own numbers (38 digits) and documents (32
 *     levels) would refuse some.
 * D2. `written` and `conflict` are told apart by a mark made for each put: transport may send a put
 *     twice, and the second one would meet the first.
 * D3. Whatever is refused for the moment is sent again a bounded number of times.
 */
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  type Put as PutInput,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type QueryCommandOutput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { TABLE_KEY } from '#runtime/contracts/tables.ts';
import type { Backoff } from '#runtime/core/backoff.ts';
import type { ItemKey } from '#runtime/core/ledger-item.ts';
import type { Put, System } from '#runtime/ports.ts';
import { retryBusy, sendUntilTaken } from '../resend.ts';

/** An item as DynamoDB's client takes and gives it. */
export type Item = Record<string, AttributeValue>;

export interface TableOptions {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly system: System;
}

/** One compare and put: the record's text and the attributes stored beside it. */
export interface RecordWrite {
  readonly key: ItemKey;
  readonly rev: number;
  /** `null`: there must be none. */
  readonly expectedRev: number | null;
  readonly text: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
}

const BATCH_GET_MAX = 100;
const BATCH_WRITE_MAX = 25;

/** Conflicts between transactions pass within milliseconds, throttling within seconds. */
const BACKOFF: Backoff = { attempts: 8, baseMs: 25, capMs: 1000 };

export class DynamoDbTable {
  readonly name: string;
  readonly #client: DynamoDBClient;
  readonly #resend: { readonly system: System; readonly backoff: Backoff; readonly what: string };

  constructor({ client, tableName, system }: TableOptions) {
    this.name = tableName;
    this.#client = client;
    this.#resend = { system, backoff: BACKOFF, what: `table ${tableName}` };
  }

  /** A mark that no other put has (D2). */
  newMark(): string {
    return this.#resend.system.randomId();
  }

  /** The item as it is at this moment, `null` for none. */
  async get(key: ItemKey): Promise<Item | null> {
    const { Item: item } = await retryBusy(this.#resend, () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.name, Key: marshall(key), ConsistentRead: true }),
      ),
    );
    return item ?? null;
  }

  /** Items by `keyText`; a key that is asked for twice is read once. */
  async getAll(
    keys: readonly ItemKey[],
    options: { readonly isConsistent: boolean },
  ): Promise<ReadonlyMap<string, Item>> {
    const found = new Map<string, Item>();
    const distinct = [...new Map(keys.map((key) => [keyText(key), key])).values()];
    await this.#inBatches(distinct, BATCH_GET_MAX, async (left) => {
      const { Responses: responses = {}, UnprocessedKeys: unprocessed = {} } =
        await this.#client.send(
          new BatchGetItemCommand({
            RequestItems: {
              [this.name]: {
                Keys: left.map((key) => marshall(key)),
                ConsistentRead: options.isConsistent,
              },
            },
          }),
        );
      for (const item of responses[this.name] ?? []) found.set(keyText(keyOf(item)), item);
      return (unprocessed[this.name]?.Keys ?? []).map(keyOf);
    });
    return found;
  }

  /** One page. */
  query(input: Omit<QueryCommandInput, 'TableName'>): Promise<QueryCommandOutput> {
    const command = new QueryCommand({ ...input, TableName: this.name });
    return retryBusy(this.#resend, () => this.#client.send(command));
  }

  /** All pages. */
  async queryAll(input: Omit<QueryCommandInput, 'TableName'>): Promise<readonly Item[]> {
    const found: Item[] = [];
    let from: Item | undefined;
    do {
      const page = await this.query({ ...input, ...(from && { ExclusiveStartKey: from }) });
      found.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from);
    return found;
  }

  /** All items under a partition key whose sort key begins so, as they are at this moment, in the order of their keys. */
  queryUnder({ pk, sk }: ItemKey): Promise<readonly Item[]> {
    return this.queryAll({
      KeyConditionExpression: `${TABLE_KEY.partition} = :pk AND begins_with(${TABLE_KEY.sort}, :sk)`,
      ExpressionAttributeValues: marshall({ ':pk': pk, ':sk': sk }),
      ConsistentRead: true,
    });
  }

  /** The first items of a partition, as they are at this moment: at most `limit`, and what one page holds (1 MB). */
  async queryFirst(
    { pk, before }: { readonly pk: string; readonly before?: string },
    limit: number,
  ): Promise<readonly Item[]> {
    const bound = before === undefined ? '' : ` AND ${TABLE_KEY.sort} < :before`;
    const { Items: items = [] } = await this.query({
      KeyConditionExpression: `${TABLE_KEY.partition} = :pk${bound}`,
      ExpressionAttributeValues: marshall({ ':pk': pk, ':before': before }, MARSHALL),
      ConsistentRead: true,
      Limit: limit,
    });
    return items;
  }

  /** Puts items whatever was there before. Keys must differ from each other. */
  putAll(items: readonly Item[]): Promise<void> {
    return this.#writeAll(items.map((item) => ({ PutRequest: { Item: item } })));
  }

  /** Removes items, those that are there. Keys must differ from each other. */
  deleteAll(keys: readonly ItemKey[]): Promise<void> {
    return this.#writeAll(keys.map((key) => ({ DeleteRequest: { Key: marshall(key) } })));
  }

  #writeAll(requests: readonly WriteRequest[]): Promise<void> {
    return this.#inBatches(requests, BATCH_WRITE_MAX, async (left) => {
      const { UnprocessedItems: unprocessed = {} } = await this.#client.send(
        new BatchWriteItemCommand({ RequestItems: { [this.name]: [...left] } }),
      );
      return unprocessed[this.name] ?? [];
    });
  }

  async compareAndPut<R>(write: RecordWrite): Promise<Put<R>> {
    const mark = this.newMark();
    const command = new PutItemCommand(this.putInput(write, mark));
    try {
      await retryBusy(this.#resend, () => this.#client.send(command));
      return { kind: 'written' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return putOutcome(error.Item ?? null, mark);
    }
  }

  /** The put of `write`, refused with the item that is there unless the `rev` is the expected one. */
  putInput(write: RecordWrite, mark: string): PutInput & { Item: Item } {
    const { key, rev, expectedRev, text, attributes } = write;
    return {
      TableName: this.name,
      Item: marshall({ ...attributes, ...key, rev, mark, record: text }, MARSHALL),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...(expectedRev === null
        ? { ConditionExpression: `attribute_not_exists(${TABLE_KEY.partition})` }
        : {
            ConditionExpression: '#rev = :expected',
            ExpressionAttributeNames: { '#rev': 'rev' },
            ExpressionAttributeValues: marshall({ ':expected': expectedRev }),
          }),
    };
  }

  /** Changes an item in place, and gives it as it is then; where the condition does not hold, as it is. */
  async update(
    input: Omit<UpdateItemCommandInput, 'TableName'>,
  ): Promise<
    | { readonly kind: 'updated'; readonly item: Item }
    | { readonly kind: 'refused'; readonly item: Item | null }
  > {
    const command = new UpdateItemCommand({
      ...input,
      TableName: this.name,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes: item } = await retryBusy(this.#resend, () => this.#client.send(command));
      return { kind: 'updated', item: item ?? {} };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { kind: 'refused', item: error.Item ?? null };
    }
  }

  /**
   * All or nothing.
   * @throws TransactionCanceledException when a condition does not hold.
   */
  async transact(items: readonly TransactWriteItem[]): Promise<void> {
    await sendUntilTaken(this.#resend, [items], async (left) => {
      try {
        await this.#client.send(new TransactWriteItemsCommand({ TransactItems: [...items] }));
        return [];
      } catch (error) {
        if (isConflict(error)) return left;
        throw error;
      }
    });
  }

  async #inBatches<T>(
    items: readonly T[],
    size: number,
    send: (left: readonly T[]) => Promise<readonly T[]>,
  ): Promise<void> {
    const batches = Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
      items.slice(i * size, (i + 1) * size),
    );
    await Promise.all(batches.map((batch) => sendUntilTaken(this.#resend, batch, send)));
  }
}

const MARSHALL = { removeUndefinedValues: true };

/** A key as one text. */
export const keyText = ({ pk, sk }: ItemKey): string => `${pk}\n${sk}`;

/** The record inside an item. */
export const recordOf = <R>(item: Item | null | undefined): R | null =>
  item?.record?.S === undefined ? null : JSON.parse(item.record.S);

/** What a refused put means, given the item that was there (D2). */
export function putOutcome<R>(current: Item | null, mark: string): Put<R> {
  return current?.mark?.S === mark
    ? { kind: 'written' }
    : { kind: 'conflict', current: recordOf<R>(current) };
}

/** True when only others' transactions, or throttling, were in the way. */
const isConflict = (error: unknown): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).every(({ Code: code }) => PASSING.has(code ?? 'None'));

const PASSING = new Set([
  'None',
  'TransactionConflict',
  'ThrottlingError',
  'ProvisionedThroughputExceeded',
]);

function keyOf(item: Item): ItemKey {
  const { pk, sk } = unmarshall(item);
  return { pk: String(pk), sk: String(sk) };
}
