/**
 * Performs the decisions of `core/start-run.ts`.
 *
 * Order: one conditional put of the run's record (it is the idempotency record), then the execution,
 * then the event, then the record's progress. Whoever repeats the request goes on from the record, so
 * a crash between any two of them is finished by the next one, and two at once make one run.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import {
  acceptedEvent,
  executionOf,
  isRepeat,
  leftToDo,
  newRun,
  type StartRequest,
  type StartStep,
} from '../../core/start-run.ts';
import type { EventLog, Orchestrator, RunLedger, System } from '../../ports.ts';

export interface FrontDoorPorts {
  readonly runs: RunLedger;
  readonly orchestrator: Orchestrator;
  readonly events: EventLog;
  readonly system: System;
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly record: RunRecord; readonly isNew: boolean }
  /** The run exists, with another input. */
  | { readonly kind: 'conflict' }
  /** A new run whose deadline has passed; a repeat of an older one is answered all the same. */
  | { readonly kind: 'too-late' };

export async function acceptRun(ports: FrontDoorPorts, request: StartRequest): Promise<Acceptance> {
  const found = await putOrFind(ports, request);
  if (found === null) return { kind: 'too-late' };
  const { record, isNew } = found;
  if (!isNew && !isRepeat(record, request)) return { kind: 'conflict' };
  await finish(ports, record);
  return { kind: 'accepted', record, isNew };
}

async function putOrFind(
  ports: FrontDoorPorts,
  request: StartRequest,
): Promise<{ readonly record: RunRecord; readonly isNew: boolean } | null> {
  const { runs, system } = ports;
  const nowMs = system.now();
  if (request.deadlineMs !== null && request.deadlineMs <= nowMs) {
    const record = await runs.read(request.run);
    return record && { record, isNew: false };
  }
  const record = newRun(request, nowMs);
  const put = await runs.put({ record, expectedRev: null });
  if (put.kind === 'written') return { record, isNew: true };
  // Somebody else's record, unless it was deleted in this moment; then the put is free again.
  return put.current ? { record: put.current, isNew: false } : putOrFind(ports, request);
}

async function finish(ports: FrontDoorPorts, record: RunRecord): Promise<void> {
  const left = leftToDo(record);
  if (left.length === 0) return;
  for (const step of left) await PERFORM[step](ports, record);
  // A conflict means that another request has finished the same things: nothing is left to do.
  await ports.runs.put({
    record: { ...record, rev: record.rev + 1, progress: 'announced' },
    expectedRev: record.rev,
  });
}

const PERFORM: Readonly<
  Record<StartStep, (ports: FrontDoorPorts, record: RunRecord) => Promise<unknown>>
> = {
  'start-execution': ({ orchestrator }, record) => orchestrator.start(executionOf(record)),
  announce: ({ events }, record) => events.append([acceptedEvent(record)]),
};
