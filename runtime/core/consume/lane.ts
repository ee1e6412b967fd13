/**
 * Lanes: where the events of a run wait behind one that a consumer could not handle.
 *
 * Boundary: keys and texts; how items are stored is the adapter's business.
 * Invariants
 * L1. A lane has a head while it is open and only then; the head counts its entries.
 * L2. An event stands in a lane once: a mark under its id lies beside its entry.
 * L3. An entry can hold every event that the stream can: what is told about it stays below 2 KiB.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import { LEDGER_AREAS } from '../../contracts/tables.ts';
import type { LaneEntry, LaneSummary } from '../../ports.ts';
import type { ItemKey } from '../ledger-item.ts';

/** The lane of a run. */
export type LaneId = Pick<LaneEntry, 'consumer' | 'run'>;

const partition = ({ consumer, run }: LaneId): string => `${LEDGER_AREAS.lanes}#${consumer}#${run}`;

export const laneHeadKey = (lane: LaneId): ItemKey => ({ pk: partition(lane), sk: 'head' });

export const laneEntryKey = (lane: LaneId, position: number): ItemKey => ({
  pk: partition(lane),
  sk: `entry#${String(position).padStart(12, '0')}`,
});

/** Sort keys of entries are smaller than this one, those of marks and of the head are not. */
export const laneEntries = (lane: LaneId) => ({ pk: partition(lane), before: 'entry$' });

export const laneMarkKey = (lane: LaneId, event: Pick<SignalboxEvent, 'id'>): ItemKey => ({
  pk: partition(lane),
  sk: `event#${event.id}`,
});

export const laneIndexKey = ({ consumer, run, parkedAt }: LaneSummary): ItemKey => ({
  pk: laneIndexPartition(consumer),
  sk: `${parkedAt}#${run}`,
});

export const laneIndexPartition = (consumer: string): string =>
  `${LEDGER_AREAS.laneIndex}#${consumer}`;

/** @param openedAt when the lane was opened */
export const laneSummary = (
  { consumer, run, event, cause }: Omit<LaneEntry, 'position' | 'parkedAt'>,
  openedAt: string,
): LaneSummary => ({
  consumer,
  run,
  tenant: event.tenant,
  event: event.id,
  type: event.type,
  code: cause?.code ?? '',
  cause: cause?.message ?? '',
  parkedAt: openedAt,
});
