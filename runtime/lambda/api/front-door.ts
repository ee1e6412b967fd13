/**
 * Performs the decisions of `core/start-run.ts`, for new runs and for further generations.
 *
 * Order: an entry for the reconciler, then one conditional put of the run's record (it is the
 * idempotency record), then the execution, then the event, then the record's progress. A reactive run has
 * no execution; what it is told first follows its event. Whoever repeats the request goes on from the
 * record, so a crash between any two of them is finished by the next one, or by the reconciler, and two
 * at once make one run.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import { firstLook } from '../../core/due-run.ts';
import {
  acceptedEvent,
  executionOf,
  isRepeat,
  leftToDo,
  newRun,
  refuseFull,
  type StartRequest,
  type StartStep,
} from '../../core/start-run.ts';
import type { DueRuns, EventLog, Inbox, Orchestrator, RunLedger, System } from '../../ports.ts';
import type { Admission } from './admissions.ts';

/** What the start of an accepted generation needs. */
export interface StartPorts {
  readonly runs: RunLedger;
  readonly orchestrator: Orchestrator;
  readonly inbox: Pick<Inbox, 'list'>;
  readonly events: EventLog;
}

export interface FrontDoorPorts extends StartPorts {
  readonly dueRuns: DueRuns;
  readonly system: System;
}

type Rejected = Extract<Admission, { readonly kind: 'rejected' }>;
type Admitted = Extract<Admission, { readonly kind: 'admitted' }>;

export type Acceptance =
  | { readonly kind: 'accepted'; readonly record: RunRecord; readonly isNew: boolean }
  /** The run exists, made by another request. */
  | { readonly kind: 'conflict' };

/** How a run may be let in. */
interface Entrance {
  /** The request may have come before: a run that it made is not let in a second time. */
  readonly isRepeatable: boolean;
  readonly admit: () => Promise<Admission>;
}

/** @returns `too-late` for a new run whose deadline has passed; a repeat of an older one is answered all the same */
export async function acceptRun(
  ports: FrontDoorPorts,
  request: StartRequest,
  { isRepeatable, admit }: Entrance,
): Promise<
  (Acceptance & { readonly admission?: Admitted }) | { readonly kind: 'too-late' } | Rejected
> {
  const isLate = request.deadlineMs !== null && request.deadlineMs <= ports.system.now();
  const record = isRepeatable || isLate ? await ports.runs.read(request.run) : null;
  if (record) return accept(ports, { record, isNew: false }, request.sent);
  if (isLate) return { kind: 'too-late' };
  const admission = await admit();
  if (admission.kind === 'rejected') return admission;
  const run = newRun(request, ports.system.now(), admission);
  return { ...(await acceptNew(ports, run, request.sent)), admission };
}

/**
 * Starts the run of this record, or goes on with the one that has its id.
 * @param sent what a record with the same id must have been made of
 * @throws TooLargeError
 */
export async function acceptNew(
  ports: FrontDoorPorts,
  record: RunRecord,
  sent: unknown,
): Promise<Acceptance> {
  refuseFull(record);
  await willBeLookedAt(ports, record.run);
  const put = await ports.runs.put({ record, expectedRev: null });
  if (put.kind === 'written') return accept(ports, { record, isNew: true }, sent);
  // Somebody else's record, unless it was deleted in this moment; then the put is free again.
  return put.current
    ? accept(ports, { record: put.current, isNew: false }, sent)
    : acceptNew(ports, record, sent);
}

async function accept(
  ports: FrontDoorPorts,
  { record, isNew }: { readonly record: RunRecord; readonly isNew: boolean },
  sent: unknown,
): Promise<Acceptance> {
  if (!isNew && !isRepeat(record, { sent })) return { kind: 'conflict' };
  await finishStart(ports, record);
  return { kind: 'accepted', record, isNew };
}

/**
 * Makes sure that the reconciler looks at a run, whatever becomes of the request: done before the
 * record that needs it is written, because a crash between the two must not leave that record alone.
 */
export const willBeLookedAt = (
  { dueRuns, system }: Pick<FrontDoorPorts, 'dueRuns' | 'system'>,
  run: string,
): Promise<void> => dueRuns.put(firstLook(run, system.now()));

/** Does what is left to do for the record's generation; doing it twice changes nothing. */
export async function finishStart(ports: StartPorts, record: RunRecord): Promise<void> {
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
  Record<StartStep, (ports: StartPorts, record: RunRecord) => Promise<unknown>>
> = {
  'start-execution': ({ orchestrator }, record) => orchestrator.start(executionOf(record)),
  announce: ({ events }, record) => events.append([acceptedEvent(record)]),
  'tell-inbox': async ({ events, inbox }, { run }) => events.append(await inbox.list(run)),
};
