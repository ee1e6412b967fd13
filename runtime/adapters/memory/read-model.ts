import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { boundedJson, EVENT_MAX_BYTES, RECORD_MAX_BYTES } from '#runtime/core/limits.ts';
import { decodeListCursor, encodeListCursor } from '#runtime/core/list-cursor.ts';
import { acceptedKey, fitsFilter, mergeListings } from '#runtime/core/listing.ts';
import type {
  Projection,
  ReadModelReader,
  ReadModelWriter,
  RunFilter,
  RunListing,
} from '#runtime/ports.ts';

/** The read model in memory. */
export class MemoryReadModel implements ReadModelWriter, ReadModelReader {
  /** JSON texts of events by position, by run. */
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
    const { run, after = '', limit } = query;
    const found = [...(this.#events.get(run) ?? [])]
      .filter(([position]) => position > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = found.slice(0, limit);
    const next = page.at(-1)?.[0];
    return {
      events: page.map(([, text]) => JSON.parse(text)),
      ...(next !== undefined && { next }),
      more: found.length > limit,
    };
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
    const { filter, limit, cursor } = query;
    const before = cursor === undefined ? null : decodeListCursor(filter, cursor);
    const found = [...this.#listings.values()]
      .flatMap((text) => keyed(JSON.parse(text)))
      .filter(
        ({ key, listing }) => (before === null || key < before) && fitsFilter(listing, filter),
      )
      .sort((a, b) => (a.key < b.key ? 1 : -1));
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      runs: page.map(({ listing }) => listing),
      ...(last && found.length > page.length && { next: encodeListCursor(filter, last.key) }),
    };
  }

  #applyEvent(event: SignalboxEvent): void {
    const text = boundedJson(`event ${event.type}`, event, EVENT_MAX_BYTES);
    const ofRun = this.#events.get(event.run) ?? new Map<string, string>();
    this.#events.set(event.run, ofRun.set(eventPosition(event), text));
  }

  #applyListing(listing: RunListing): void {
    const text = this.#listings.get(listing.run);
    const merged = text === undefined ? listing : mergeListings(JSON.parse(text), listing);
    this.#listings.set(
      listing.run,
      boundedJson(`the listing of run ${listing.run}`, merged, RECORD_MAX_BYTES),
    );
  }
}

/** The listing with its place in lists; nothing while its acceptance is not known. */
const keyed = (listing: RunListing): readonly { key: string; listing: RunListing }[] =>
  listing.acceptedAt === undefined
    ? []
    : [{ key: acceptedKey(listing.acceptedAt, listing.run), listing }];
