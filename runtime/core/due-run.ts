/**
 * When a run is looked at, and where that is written down.
 *
 * Boundary: keys and times. What is done with a run that is due is `reconcile-run.ts`.
 * Invariants
 * R1. Every run that is not known to have ended has an entry: it is written before the record that it
 *     is about, and the next one before the last one is removed.
 */
import { LEDGER_AREAS } from '../contracts/tables.ts';
import type { DueRun } from '../ports.ts';
import type { ItemKey } from './ledger-item.ts';
import { partitionOf, partitionsOf } from './spread.ts';

/** Longer than any request takes, so that whoever looks finds what the request has left. */
const FIRST_LOOK_MS = 60_000;

export const DUE_PARTITIONS: readonly string[] = partitionsOf(LEDGER_AREAS.dueRuns);

/** The entry of a run that is accepted, resumed, forked or stopped now. */
export const firstLook = (run: string, nowMs: number): DueRun => ({
  run,
  dueAtMs: nowMs + FIRST_LOOK_MS,
});

export const dueKey = ({ run, dueAtMs }: DueRun): ItemKey => ({
  pk: partitionOf(LEDGER_AREAS.dueRuns, run),
  sk: `${sortable(dueAtMs)}#${run}`,
});

/** Sort keys of entries that are due at `nowMs` are smaller than this one. */
export const dueBound = (nowMs: number): string => sortable(nowMs + 1);

/** Milliseconds as text that sorts as they do. */
const sortable = (ms: number): string => String(Math.max(0, Math.trunc(ms))).padStart(15, '0');

/** The first `limit` of entries that were found in several partitions, oldest first. */
export const earliestOf = (entries: readonly DueRun[], limit: number): readonly DueRun[] =>
  [...entries].sort((a, b) => a.dueAtMs - b.dueAtMs || (a.run < b.run ? -1 : 1)).slice(0, limit);
