/**
 * What an attempt had to show so far, put together from its events.
 *
 * Invariants
 * H5. The newest holder that showed something counts (a new one begins anew), its last value or its text
 *     up to the first part that is missing: any order and any duplication of the events give the same (R11).
 */
import type { PartialOutput } from '../contracts/ledger.ts';
import type { PlatformEvent } from './platform-event.ts';

export type PartialEvent = Extract<PlatformEvent, { type: 'signalbox.output.partial' }>;

export const isPartialEvent = (event: PlatformEvent): event is PartialEvent =>
  event.type === 'signalbox.output.partial';

/** @param events of one attempt; `null` when it has shown nothing */
export function partialOf(events: readonly PartialEvent[]): PartialOutput | null {
  const newest = Math.max(...events.map(({ fence }) => fence));
  const own = events.filter(({ fence }) => fence === newest).sort((a, b) => a.ordinal - b.ordinal);
  const last = own.at(-1);
  if (!last) return null;
  return last.data.text === undefined ? { value: last.data.value } : { text: textOf(own) };
}

function textOf(events: readonly PartialEvent[]): string {
  let text = '';
  for (const { data } of events) {
    if (data.offset !== text.length) break;
    text += data.text ?? '';
  }
  return text;
}
