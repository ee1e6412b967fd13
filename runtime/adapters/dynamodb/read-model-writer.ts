import { marshall } from '@aws-sdk/util-dynamodb';
import { ThrottledError } from '#runtime/contracts/errors.ts';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { canonicalJson } from '#runtime/core/hash.ts';
import { boundedJson, EVENT_MAX_BYTES, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import { mergeListings } from '#runtime/core/listing.ts';
import type { Projection, ReadModelWriter, RunListing } from '#runtime/ports.ts';
import { eventItemKey, listingAttributes, listingKey, tagItems } from './read-model-item.ts';
import { DynamoDbTable, type Item, keyText, recordOf, type TableOptions } from './table.ts';

/** Writers of one run's listing that may come between before it is called busy. */
const MERGE_TRIES = 10;

/**
 * Writes the read model. Events are written before listings: a list never shows a status whose event
 * cannot be read yet.
 */
export class DynamoDbReadModelWriter implements ReadModelWriter {
  readonly #table: DynamoDbTable;

  constructor(options: TableOptions) {
    this.#table = new DynamoDbTable(options);
  }

  async apply(projections: readonly Projection[]): Promise<void> {
    const events = new Map<string, Item>();
    const listings = new Map<string, RunListing>();
    for (const projection of projections) {
      if (projection.kind === 'event') {
        events.set(keyText(eventItemKey(projection.event)), eventItem(projection.event));
      } else {
        const { listing } = projection;
        const before = listings.get(listing.run);
        listings.set(listing.run, before ? mergeListings(before, listing) : listing);
      }
    }
    await this.#table.putAll([...events.values()]);
    const merged = await Promise.all([...listings.values()].map((part) => this.#merge(part)));
    await this.#table.putAll(merged.flatMap(tagItems).map((item) => marshall(item)));
  }

  /** Merges `part` into the stored listing by compare and put; resolves with what is stored then. */
  async #merge(part: RunListing): Promise<RunListing> {
    const key = listingKey(part.run);
    let item = await this.#table.get(key);
    for (let tries = 1; tries <= MERGE_TRIES; tries += 1) {
      const stored = recordOf<RunListing>(item);
      const listing = stored ? mergeListings(stored, part) : part;
      if (stored && canonicalJson(stored) === canonicalJson(listing)) return stored;
      const rev = item?.rev?.N === undefined ? null : Number(item.rev.N);
      const put = await this.#table.compareAndPut<RunListing>({
        key,
        rev: (rev ?? 0) + 1,
        expectedRev: rev,
        text: boundedJson(`the listing of run ${part.run}`, listing, RECORD_MAX_BYTES),
        attributes: listingAttributes(listing),
      });
      if (put.kind === 'written') return listing;
      item = await this.#table.get(key);
    }
    throw new ThrottledError(
      `the listing of run ${part.run} was changed by others ${MERGE_TRIES} times in a row; apply the batch again`,
    );
  }
}

const eventItem = (event: SignalboxEvent): Item =>
  marshall({
    ...eventItemKey(event),
    record: boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES),
  });
