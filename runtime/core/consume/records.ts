/**
 * A batch of the event stream, as its consumers see it.
 *
 * Boundary: pure; a batch is of one shard and in the shard's order, as Lambda hands it out.
 * Invariants
 * C1. Every event of a batch stands in one run's group, once, in the order of the shard.
 * C2. An answer names the lowest record that was not dealt with, or none: the stream comes again from
 *     there on, so that nothing is skipped.
 */
import type { SignalboxEvent } from '../../contracts/event.ts';
import type { DecodedEvent } from '../decode-event.ts';

/** A record of the stream, read. */
export interface StreamRecord {
  /** As Lambda identifies it: `<shard>:<sequence>`. */
  readonly id: string;
  readonly shard: string;
  readonly sequence: string;
  /** Epoch milliseconds. */
  readonly arrivedMs: number;
  /** As it came, in base 64, and as text: not the same where it is no UTF-8. */
  readonly data: string;
  readonly text: string;
  readonly read: DecodedEvent;
}

/** An event and its record's place in the batch, from 0. */
export interface PlacedEvent {
  readonly event: SignalboxEvent;
  readonly at: number;
}

/** The events of a run, none twice (C1). */
export interface RunEvents {
  readonly run: string;
  readonly events: readonly PlacedEvent[];
}

export interface UndecodableRecord {
  readonly record: StreamRecord;
  readonly cause: string;
  readonly at: number;
}

/** The events of a batch by run, in the order in which the runs appear. */
export function eventsByRun(records: readonly StreamRecord[]): readonly RunEvents[] {
  const byRun = new Map<string, Map<string, PlacedEvent>>();
  for (const [at, { read }] of records.entries()) {
    if (read.kind !== 'event') continue;
    const { event } = read;
    const events = byRun.get(event.run) ?? new Map<string, PlacedEvent>();
    if (!events.has(event.id)) events.set(event.id, { event, at });
    byRun.set(event.run, events);
  }
  return [...byRun].map(([run, events]) => ({ run, events: [...events.values()] }));
}

export const undecodable = (records: readonly StreamRecord[]): readonly UndecodableRecord[] =>
  records.flatMap((record, at) =>
    record.read.kind === 'undecodable' ? [{ record, cause: record.read.cause, at }] : [],
  );

/** How far a batch was dealt with. */
export interface Progress {
  /** Place of the first record that was not dealt with; `null` when all were. */
  readonly stoppedAt: number | null;
  /** Events that were handled, and records that were put aside. */
  readonly handled: number;
  readonly parked: number;
}

/** The answer to Lambda (C2). */
export function batchAnswer(
  records: readonly Pick<StreamRecord, 'sequence'>[],
  { stoppedAt }: Pick<Progress, 'stoppedAt'>,
): { readonly batchItemFailures: { readonly itemIdentifier: string }[] } {
  const stopped = stoppedAt === null ? undefined : records[stoppedAt];
  return { batchItemFailures: stopped ? [{ itemIdentifier: stopped.sequence }] : [] };
}

/** The last record before the first that was not dealt with: where the consumer is now; `null` for none. */
export const lastDone = (
  records: readonly StreamRecord[],
  { stoppedAt }: Pick<Progress, 'stoppedAt'>,
): StreamRecord | null => records[(stoppedAt ?? records.length) - 1] ?? null;
