import type { QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { READ_MODEL_INDEXES, READ_MODEL_SORT, TABLE_KEY } from '#runtime/contracts/tables.ts';
import { decodeListCursor, encodeListCursor } from '#runtime/core/list-cursor.ts';
import { fitsFilter, sortableTime } from '#runtime/core/listing.ts';
import type { ReadModelReader, RunFilter, RunListing } from '#runtime/ports.ts';
import { EVENTS_END, eventSortKey, indexFor, listingKey } from './read-model-item.ts';
import { DynamoDbTable, type Item, keyText, recordOf, type TableOptions } from './table.ts';

/** Index entries that one `list` looks at before it gives a short page: a bound on what a question costs. */
const EXAMINED_MAX = 1000;

/** The most index entries per query and listings per batch read; a list begins with fewer. */
const STRIDE = 100;

/** Sorts before and behind every `acceptedKey`: these begin with a digit. */
const FIRST = '0';
const LAST = ':';

/** A run found in an index: its `acceptedKey` and what the read model knows of it. */
interface Found {
  readonly key: string;
  readonly listing: RunListing | null;
}

/** Reads the read model. Queries are eventually consistent, and cheaper for it; one listing is read as it is now. */
export class DynamoDbReadModelReader implements ReadModelReader {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async events(query: {
    readonly run: string;
    readonly after?: string;
    readonly limit: number;
  }): ReturnType<ReadModelReader['events']> {
    const { run, after = '', limit } = query;
    const first = eventSortKey(after);
    const found: SignalboxEvent[] = [];
    const pages = this.#query({
      partition: [TABLE_KEY.partition, run],
      between: [TABLE_KEY.sort, first, EVENTS_END],
      isAscending: true,
      // One that stands exactly at `after`, which is not asked for, and one that tells of more.
      limit: limit + 2,
    });
    for await (const items of pages) {
      for (const item of items) {
        const event = recordOf<SignalboxEvent>(item);
        if (event && item.sk?.S !== first) found.push(event);
      }
      if (found.length > limit) break;
    }
    const events = found.slice(0, limit);
    const last = events.at(-1);
    return { events, ...(last && { next: eventPosition(last) }), more: found.length > limit };
  }

  async listing(run: string): Promise<RunListing | null> {
    return recordOf<RunListing>(await this.#table.get(listingKey(run)));
  }

  async list(query: {
    readonly filter: RunFilter;
    readonly limit: number;
    readonly cursor?: string;
  }): ReturnType<ReadModelReader['list']> {
    const { filter, limit, cursor } = query;
    const before = cursor === undefined ? null : decodeListCursor(filter, cursor);
    const runs: RunListing[] = [];
    let examined = 0;
    let behind: string | null = null;
    for await (const { key, listing } of this.#find(filter, before, limit)) {
      if (runs.length === limit || examined === EXAMINED_MAX) return pageOf(filter, runs, behind);
      if (listing && fitsFilter(listing, filter)) runs.push(listing);
      behind = key;
      examined += 1;
    }
    return pageOf(filter, runs, null);
  }

  /** Runs of the filter's best index in its time range, newest first; most of them fit the filter. */
  async *#find(filter: RunFilter, before: string | null, limit: number): AsyncGenerator<Found> {
    const { name, partition } = indexFor(filter);
    const from = filter.from === undefined ? FIRST : sortableTime(filter.from);
    const to = filter.to === undefined ? LAST : sortableTime(filter.to);
    const last = before !== null && before < to ? before : to;
    if (from > last) return;
    const pages = this.#query({
      index: name,
      partition: [READ_MODEL_INDEXES[name], partition],
      between: [READ_MODEL_SORT, from, last],
      isAscending: false,
      limit: Math.min(limit + 1, STRIDE),
    });
    for await (const items of pages) {
      const found = items.map((item) => ({
        key: item[READ_MODEL_SORT]?.S ?? '',
        listing: listingKey(item[TABLE_KEY.partition]?.S ?? ''),
      }));
      const keys = found.map(({ listing }) => listing);
      const listings = await this.#table.getAll(keys, { isConsistent: false });
      for (const { key, listing } of found) {
        if (key === before) continue;
        yield { key, listing: recordOf<RunListing>(listings.get(keyText(listing))) };
      }
    }
  }

  /** Pages of a query, until nobody asks or there are no more. */
  async *#query(query: {
    readonly index?: string;
    readonly partition: readonly [attribute: string, value: string];
    readonly between: readonly [attribute: string, first: string, last: string];
    readonly isAscending: boolean;
    readonly limit: number;
  }): AsyncGenerator<readonly Item[]> {
    const [partition, value] = query.partition;
    const [sort, first, last] = query.between;
    let start: Item | undefined;
    let { limit } = query;
    do {
      const page: QueryCommandOutput = await this.#table.query({
        ...(query.index && { IndexName: query.index }),
        KeyConditionExpression: '#partition = :value AND #sort BETWEEN :first AND :last',
        ExpressionAttributeNames: { '#partition': partition, '#sort': sort },
        ExpressionAttributeValues: marshall({ ':value': value, ':first': first, ':last': last }),
        ScanIndexForward: query.isAscending,
        Limit: limit,
        ...(start && { ExclusiveStartKey: start }),
      });
      yield page.Items ?? [];
      start = page.LastEvaluatedKey;
      limit = Math.min(limit * 2, STRIDE);
    } while (start !== undefined);
  }
}

/** `behind`: the key of the last run looked at, when more may follow. */
const pageOf = (filter: RunFilter, runs: readonly RunListing[], behind: string | null) => ({
  runs,
  ...(behind !== null && { next: encodeListCursor(filter, behind) }),
});
