/**
 * Compares a run in the live read model with the same run in one that was made anew from the archive.
 *
 * Boundary: pure.
 * Invariant R11: what both have made of the same set of events is the same. What happened after the
 * archive was read says nothing: events from then on are left out, and with them the listing of their run.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { RunListing } from '../../ports.ts';
import { canonicalJson } from '../hash.ts';

/** A run as a read model has it. */
export interface ProjectedRun {
  readonly events: readonly SignalboxEvent[];
  readonly listing: RunListing | null;
}

/** What of the run differs: `null` when nothing does, or `listing`, or the first event that one side lacks. */
export function differenceOf(live: ProjectedRun, fresh: ProjectedRun, to: string): string | null {
  const [before, after] = [past(live, to), past(fresh, to)];
  const texts = new Set(after.map(canonicalJson));
  const missing = before.find((event) => !texts.has(canonicalJson(event)));
  if (missing)
    return `event ${missing.id} (${missing.type}) is not in the archive as the live table has it`;
  const known = new Set(before.map(({ id }) => id));
  const extra = after.find(({ id }) => !known.has(id));
  if (extra) return `event ${extra.id} (${extra.type}) is not in the live table`;
  const hasGoneOn = before.length < live.events.length;
  return hasGoneOn || canonicalJson(live.listing) === canonicalJson(fresh.listing)
    ? null
    : 'its entry in the list of runs differs';
}

const past = ({ events }: ProjectedRun, to: string): readonly SignalboxEvent[] =>
  events.filter(({ time }) => Date.parse(time) < Date.parse(to));
