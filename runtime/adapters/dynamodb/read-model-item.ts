/**
 * Items of the read model: keys, and the attributes that its indexes are made of.
 *
 * Invariants
 * M1. The indexes find, the listing tells: what an index gives is checked against the listing itself,
 *     because an index lags behind and a text like `a=b=c` may stand for two tags.
 */
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { READ_MODEL_INDEXES, READ_MODEL_SORT } from '#runtime/contracts/tables.ts';
import type { ItemKey } from '#runtime/core/ledger-item.ts';
import { acceptedKey, listedStatus } from '#runtime/core/listing.ts';
import type { RunFilter, RunListing } from '#runtime/ports.ts';

const EVENT_PREFIX = 'event#';

/** Sorts behind every event: the character after `#`. */
export const EVENTS_END = 'event$';

export const eventSortKey = (position: string): string => `${EVENT_PREFIX}${position}`;

export const eventItemKey = (event: SignalboxEvent): ItemKey => ({
  pk: event.run,
  sk: eventSortKey(eventPosition(event)),
});

export const listingKey = (run: string): ItemKey => ({ pk: run, sk: 'run' });

/** Index attributes of the listing item; without the sort attribute it is in no index yet. */
export function listingAttributes(listing: RunListing) {
  const { run, tenant, workflow, acceptedAt } = listing;
  const status = listedStatus(listing);
  return {
    [READ_MODEL_INDEXES.byTenant]: tenant,
    [READ_MODEL_INDEXES.byWorkflow]: `${tenant}#${workflow}`,
    [READ_MODEL_INDEXES.byStatus]: status && `${tenant}#${status}`,
    [READ_MODEL_SORT]: acceptedAt && acceptedKey(acceptedAt, run),
  };
}

/** One item per tag, which is all that the index by tag holds; none while the acceptance is not known. */
export function tagItems(listing: RunListing) {
  const { run, tenant, tags = {}, acceptedAt } = listing;
  if (acceptedAt === undefined) return [];
  return Object.entries(tags).map(([key, value]) => ({
    pk: run,
    sk: `tag#${key}`,
    [READ_MODEL_INDEXES.byTag]: tagText(tenant, key, value),
    [READ_MODEL_SORT]: acceptedKey(acceptedAt, run),
  }));
}

/** The index with the fewest entries for a filter, and their partition. Most runs have succeeded. */
export function indexFor(filter: RunFilter) {
  const { tenant, workflow, status, tag } = filter;
  if (tag) return { name: 'byTag', partition: tagText(tenant, tag.key, tag.value) } as const;
  if (status && (status !== 'succeeded' || !workflow)) {
    return { name: 'byStatus', partition: `${tenant}#${status}` } as const;
  }
  if (workflow) return { name: 'byWorkflow', partition: `${tenant}#${workflow}` } as const;
  return { name: 'byTenant', partition: tenant } as const;
}

const tagText = (tenant: string, key: string, value: string): string => `${tenant}#${key}=${value}`;
