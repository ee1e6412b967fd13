/**
 * Tells the status of a run, and notes its end.
 *
 * Order: the event, then the note: a run whose end is on record needs nobody any more.
 * Invariants
 * R1. One end is told of a generation: the one that is on record, if there is one.
 */
import type { SignalboxEvent } from '../contracts/event.ts';
import type { RunEndRecord, RunRecord } from '../contracts/ledger.ts';
import { contradicts, endIn, withEnd } from '../core/run-end.ts';
import type { EventLog, RunLedger } from '../ports.ts';
import { whileRecordChanges } from './api/record-changes.ts';
import type { Telemetry } from './telemetry.ts';

export interface StatusPorts {
  readonly runs: RunLedger;
  readonly events: EventLog;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** @param record of the run, as it was read just now */
export async function tellStatus(
  ports: StatusPorts,
  record: RunRecord,
  event: SignalboxEvent,
): Promise<void> {
  const end = endIn(event);
  if (end && contradicts(record, end)) {
    ports.telemetry.log('warn', 'a run has ended in another way already; this end is not told', {
      run: record.run,
      onRecord: record.end,
      end,
    });
    return;
  }
  await ports.events.append([event]);
  if (end) await noteEnd(ports, record, end);
}

async function noteEnd({ runs }: StatusPorts, record: RunRecord, end: RunEndRecord): Promise<void> {
  let current: RunRecord | null = record;
  await whileRecordChanges(record.run, async () => {
    const next = current && withEnd(current, end);
    if (next === null) return 'nothing to write';
    const put = await runs.put({ record: next, expectedRev: next.rev - 1 });
    if (put.kind === 'written') return 'written';
    current = put.current;
    return null;
  });
}
