import * as z from 'zod/mini';
import type { SignalboxEvent } from '#runtime/contracts/event.ts';
import { decodeCursor, encodeCursor } from '#runtime/core/cursor.ts';
import { eventKey, feedPage, feedPosition, resumeFeed } from '#runtime/core/event-feed.ts';
import { boundedJson, EVENT_MAX_BYTES, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import { acceptedKey, mergeListings, sortableTime } from '#runtime/core/listing.ts';
import type {
  Projection,
  ReadModelReader,
  ReadModelWriter,
  RunFilter,
  RunListing,
} from '#runtime/ports.ts';

const ListPosition = z.tuple([z.string()]);

/** The read model in memory. */
export class MemoryReadModel implements ReadModelWriter, ReadModelReader {
  /** JSON texts of events by key, by run. */
  readonly #events = new Map<string, Map<string, string>>();
  readonly #listings = new Map<string, string>();

  async apply(projections: readonly Projection[]): Promise<void> {
    for (const projection of projections) {
      if (projection.kind === 'event') this.#applyEvent(projection.event);
      else this.#applyListing(projection.listing);
    }
  }

  async events(query: {
    readonly run: string;
    readonly after?: string;
    readonly limit: number;
  }): ReturnType<ReadModelReader['events']> {
    const all = this.#eventsOf(query.run);
    const position = feedPosition(query.after);
    const before = all.filter((event) => position !== null && eventKey(event) <= position.key);
    const from = resumeFeed(position, before.length);
    const found = all.filter((event) => from === null || eventKey(event) > from.key);
    return feedPage(from, found, query.limit);
  }

  async listing(run: string): Promise<RunListing | null> {
    const text = this.#listings.get(run);
    return text === undefined ? null : JSON.parse(text);
  }

  async list(query: {
    readonly filter: RunFilter;
    readonly limit: number;
    readonly cursor?: string;
  }): ReturnType<ReadModelReader['list']> {
    const [before] = query.cursor === undefined ? [null] : decodeCursor(ListPosition, query.cursor);
    const found = [...this.#listings.values()]
      .flatMap((text) => keyed(JSON.parse(text)))
      .filter(
        ({ key, listing }) => (before === null || key < before) && fits(listing, query.filter),
      )
      .sort((a, b) => (a.key < b.key ? 1 : -1));
    const page = found.slice(0, query.limit);
    const last = page.at(-1);
    return {
      runs: page.map(({ listing }) => listing),
      ...(last && found.length > page.length && { next: encodeCursor([last.key]) }),
    };
  }

  #applyEvent(event: SignalboxEvent): void {
    const text = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
    const ofRun = this.#events.get(event.run) ?? new Map<string, string>();
    this.#events.set(event.run, ofRun.set(eventKey(event), text));
  }

  #applyListing(listing: RunListing): void {
    const text = this.#listings.get(listing.run);
    const merged = text === undefined ? listing : mergeListings(JSON.parse(text), listing);
    this.#listings.set(
      listing.run,
      boundedJson(`the listing of run ${listing.run}`, merged, RECORD_MAX_BYTES),
    );
  }

  #eventsOf(run: string): readonly SignalboxEvent[] {
    return [...(this.#events.get(run) ?? [])]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => JSON.parse(text));
  }
}

/** The listing with its place in lists; nothing while its acceptance is not known. */
const keyed = (listing: RunListing): readonly { key: string; listing: RunListing }[] =>
  listing.acceptedAt === undefined
    ? []
    : [{ key: acceptedKey(listing.acceptedAt, listing.run), listing }];

function fits(listing: RunListing, filter: RunFilter): boolean {
  const acceptedAt = sortableTime(listing.acceptedAt ?? '');
  return (
    listing.tenant === filter.tenant &&
    (filter.workflow === undefined || listing.workflow === filter.workflow) &&
    (filter.status === undefined || listing.status?.status === filter.status) &&
    (filter.tag === undefined || listing.tags?.[filter.tag.key] === filter.tag.value) &&
    (filter.from === undefined || acceptedAt >= sortableTime(filter.from)) &&
    (filter.to === undefined || acceptedAt < sortableTime(filter.to))
  );
}
