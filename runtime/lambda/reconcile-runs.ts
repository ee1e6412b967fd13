/**
 * Looks after runs that are due: what a crash left is finished, what got lost is told, what overran its
 * deadline is ended.
 *
 * Job: performs the decisions of `core/reconcile-run.ts`.
 * Invariants
 * R1. A run's next entry is written before those that were due are removed: no run is ever without one
 *     until its end is on record.
 * R8. A run that nothing can be done about delays no other one.
 * C1. The orchestrator is asked at the pace of `question-pace.ts`; a run for which no turn is left is
 *     looked at again later. A run with several entries is looked at once: two rounds at one time leave
 *     two, and the next round one.
 */
import { ThrottledError } from '../contracts/errors.ts';
import type { RunRecord } from '../contracts/ledger.ts';
import { describedEvents } from '../core/execution-status.ts';
import { findingOn, lookAt, nextLookMs, soonMs } from '../core/reconcile-run.ts';
import { executionName } from '../core/run-id.ts';
import { executionOf } from '../core/start-run.ts';
import { stopOf } from '../core/stop-run.ts';
import { hasOpenWait } from '../core/wait/waited-deadline.ts';
import type { DueRun, DueRuns, ExecutionDescription, System, Timers } from '../ports.ts';
import { finishStart, type StartPorts } from './api/front-door.ts';
import { QuestionPace } from './question-pace.ts';
import { wakeRun } from './react/wake-run.ts';
import type { Telemetry } from './telemetry.ts';
import { tellStatus } from './tell-status.ts';
import type { WaitPorts } from './wait/wait-ports.ts';

export interface ReconcilePorts extends StartPorts, WaitPorts {
  readonly dueRuns: DueRuns;
  readonly timers: Timers;
  readonly system: System;
  readonly telemetry: Pick<Telemetry, 'log'>;
}

/** Entries that are read, and worked on, at once. */
const PAGE = 100;

/**
 * Looks at everything that is due now, until the time is up.
 * @returns at how many entries
 * @throws when entries can neither be written nor removed; they are due again then
 */
export async function reconcileRuns(ports: ReconcilePorts, untilMs: number): Promise<number> {
  const { dueRuns, system } = ports;
  // What is put off from here on is due later than this: the loop ends.
  const nowMs = system.now();
  const pace = new QuestionPace(system);
  let looked = 0;
  while (system.now() < untilMs) {
    const due = await dueRuns.due({ nowMs, limit: PAGE });
    if (due.length === 0) break;
    const runs = Map.groupBy(due, ({ run }) => run);
    const results = await Promise.allSettled(
      [...runs].map(([run, entries]) => lookAfter(ports, pace, run, entries)),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    looked += due.length;
  }
  return looked;
}

async function lookAfter(
  ports: ReconcilePorts,
  pace: QuestionPace,
  run: string,
  entries: readonly DueRun[],
): Promise<void> {
  const { dueRuns } = ports;
  const nextMs = await look(ports, pace, run).catch((error: unknown) => {
    ports.telemetry.log('error', 'a run that is due could not be looked after', { run, error });
    return soonMs(ports.system.now());
  });
  if (nextMs !== null) await dueRuns.put({ run, dueAtMs: nextMs });
  for (const entry of entries) await dueRuns.remove(entry);
}

/** @returns when the run is to be looked at again, in epoch milliseconds; `null`: never */
async function look(
  ports: ReconcilePorts,
  pace: QuestionPace,
  run: string,
): Promise<number | null> {
  const { system, runs } = ports;
  const record = await runs.read(run);
  if (record && hasOpenWait(record)) await lookAfterWaits(ports, record);
  const what = lookAt(record, system.now());
  switch (what.kind) {
    case 'forget':
      return null;
    case 'finish-start':
      await finish(ports, what.record);
      return soonMs(system.now());
    case 'wake':
      await wakeRun(ports, run);
      return nextLookMs(what.record, system.now());
    case 'ask':
      return inquire(ports, pace, what);
  }
}

async function lookAfterWaits(ports: ReconcilePorts, record: RunRecord): Promise<void> {
  const waits = await import('./wait/look-after-waits.ts');
  for (const wait of await waits.lookAfterWaits(ports, record)) {
    await waits.orderClosing(ports, wait);
  }
}

/** A run that was stopped meanwhile is started and then stopped: it ends like every other one. */
async function finish(ports: ReconcilePorts, record: RunRecord): Promise<void> {
  say(ports, record, 'a start that was left half-done is finished');
  await finishStart(ports, record);
  const { stop, kind } = record;
  if (stop && kind !== 'reactive') await ports.orchestrator.stop(stopOf({ ...record, stop }));
}

async function inquire(
  ports: ReconcilePorts,
  pace: QuestionPace,
  { record, isLate }: { readonly record: RunRecord; readonly isLate: boolean },
): Promise<number> {
  const { orchestrator, system } = ports;
  const answer = (await pace.turn(isLate)) ? await describe(ports, record) : 'no answer';
  const nowMs = system.now();
  if (answer === 'no answer') return nextLookMs(record, nowMs);
  const finding = findingOn(record, answer, nowMs);
  switch (finding.kind) {
    case 'lost':
      say(ports, record, 'an execution is lost, and started again');
      await orchestrator.start(executionOf(record));
      return soonMs(nowMs);
    case 'stop':
      say(ports, record, 'an execution that should have ended is stopped');
      await orchestrator.stop(finding.stop);
      return soonMs(nowMs);
    case 'ended':
      say(ports, record, 'an end that nobody told is told');
      await tell(ports, record, answer);
      return soonMs(nowMs);
    case 'going-on':
      await tell(ports, record, answer);
      return nextLookMs(record, nowMs);
  }
}

async function describe(
  { orchestrator }: ReconcilePorts,
  { workflow, run, gen }: RunRecord,
): Promise<ExecutionDescription | null | 'no answer'> {
  try {
    return await orchestrator.describe({ workflow, executionName: executionName(run, gen) });
  } catch (error) {
    if (error instanceof ThrottledError) return 'no answer';
    throw error;
  }
}

async function tell(
  ports: ReconcilePorts,
  record: RunRecord,
  description: ExecutionDescription | null,
): Promise<void> {
  if (description === null) return;
  const events = describedEvents(description, { record, gen: record.gen });
  for (const event of events) await tellStatus(ports, record, event);
}

const say = ({ telemetry }: ReconcilePorts, { run, gen }: RunRecord, what: string): void =>
  telemetry.log('warn', what, { run, gen });
