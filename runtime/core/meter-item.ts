/**
 * Where samples of the stages lie, and in which order they are read.
 *
 * Boundary: keys; how items are stored is the adapter's business.
 * Invariants
 * S1. A batch counts once: it may have been read twice, at two times, and its first sample stays.
 */
import type { MeterSample } from '../contracts/fleet.ts';
import { LIMITS_AREAS } from '../contracts/tables.ts';
import type { ItemKey } from './ledger-item.ts';

/** How long a sample is kept: rates look back half a minute, people a little longer. */
const KEPT_MS = 15 * 60_000;

export const METER_PARTITION = LIMITS_AREAS.meter;

export const meterKey = ({ atMs, consumer, id }: MeterSample): ItemKey => ({
  pk: METER_PARTITION,
  sk: `${meterBound(atMs)}#${consumer}#${id}`,
});

/** Sort keys of samples that were read at or after `atMs` are greater than this one. */
export const meterBound = (atMs: number): string =>
  String(Math.max(0, Math.trunc(atMs))).padStart(15, '0');

/** When a sample is forgotten; epoch seconds. */
export const meterExpiry = ({ atMs }: MeterSample): number => Math.ceil((atMs + KEPT_MS) / 1000);

/** Oldest first, each batch once (S1). */
export function inReadingOrder(samples: readonly MeterSample[]): readonly MeterSample[] {
  const ordered = samples.toSorted((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  return ordered.filter(({ id, consumer }) => {
    const batch = `${consumer} ${id}`;
    return !seen.has(batch) && seen.add(batch);
  });
}
