/**
 * How a generation ended, on its run's record.
 *
 * Invariants
 * R1. The first end that is heard of stays: another one of the same generation contradicts it.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunEndRecord, RunRecord } from '../contracts/ledger.ts';
import { isTerminal } from '../contracts/status.ts';
import { recognize } from './platform-event.ts';
import { statusEntryOf } from './run-status.ts';

/** What a status event says about the end of its generation; `null` when that goes on. */
export function endIn(event: SignalboxEvent): RunEndRecord | null {
  const recognized = recognize(event);
  const entry = recognized.kind === 'platform' ? statusEntryOf(recognized.event) : null;
  if (entry === null || !isTerminal(entry.status)) return null;
  return { gen: entry.gen, status: entry.status, at: entry.at };
}

/** True when another end of that generation is on record. */
export const contradicts = ({ end }: RunRecord, { gen, status }: RunEndRecord): boolean =>
  end?.gen === gen && end.status !== status;

/** The record with this end; `null` when there is nothing to write: it has one, or a later generation. */
export const withEnd = (record: RunRecord, end: RunEndRecord): RunRecord | null =>
  record.gen === end.gen && record.end?.gen !== end.gen
    ? { ...record, rev: record.rev + 1, end }
    : null;
