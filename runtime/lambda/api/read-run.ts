/**
 * Reads what is known of a run: from the read model, and from the ledger what the projection has not
 * brought yet. Never from Step Functions.
 */
import type { RunView } from '../../contracts/api.ts';
import type { SignalboxEvent } from '../../contracts/event.ts';
import { isTerminal } from '../../contracts/status.ts';
import { runViewOf } from '../../core/run-view.ts';
import { acceptedEvent } from '../../core/start-run.ts';
import type { ReadModelReader, RunLedger, System } from '../../ports.ts';
import { allEvents } from '../all-events.ts';
import { poll } from './poll.ts';
import { type PayloadPorts, withOutput } from './read-payloads.ts';

export interface ReadPorts {
  readonly runs: RunLedger;
  readonly readModel: ReadModelReader;
  readonly system: System;
}

export interface RunQuery {
  readonly run: string;
  readonly tenant: string;
}

/** Whether a text may be the id of a run. */
export const isRunId = (text: string): boolean => /^[0-9a-z]{26}$/.test(text);

/**
 * Every event of a run that is known, its acceptance among them; `null` when the tenant has no such
 * run. The acceptance of the newest generation follows from the ledger's record, so a run can be read
 * from its first moment, and nobody who has resumed one reads how it ended before.
 */
export async function readEvents(
  ports: ReadPorts,
  { run, tenant }: RunQuery,
): Promise<readonly SignalboxEvent[] | null> {
  if (!isRunId(run)) return null;
  const [projected, record] = await Promise.all([
    allEvents(ports.readModel, run),
    ports.runs.read(run),
  ]);
  const events = [...(record ? [acceptedEvent(record)] : []), ...projected];
  return events[0]?.tenant === tenant ? events : null;
}

/** Whether the tenant has such a run; cheaper than reading its events. */
export async function isKnownRun(ports: ReadPorts, { run, tenant }: RunQuery): Promise<boolean> {
  if (!isRunId(run)) return false;
  const known = (await ports.readModel.listing(run)) ?? (await ports.runs.read(run));
  return known?.tenant === tenant;
}

export async function readView(ports: ReadPorts, query: RunQuery): Promise<RunView | null> {
  const events = await readEvents(ports, query);
  return events && runViewOf(events, ports.system.now());
}

/** The view with what its output refers to, as far as that is small. */
export async function readWholeView(
  ports: ReadPorts & PayloadPorts,
  query: RunQuery,
): Promise<RunView | null> {
  const events = await readEvents(ports, query);
  const view = events && runViewOf(events, ports.system.now());
  return view && withOutput(ports, { tenant: view.tenant, root: events[0]?.root ?? view.id }, view);
}

/** The whole view once the run has ended, or as it is at `untilMs`. */
export function readViewAtEnd(
  ports: ReadPorts & PayloadPorts,
  query: RunQuery & { readonly untilMs: number },
): Promise<RunView | null> {
  return poll<RunView | null>(ports.system, query.untilMs, async (isLast) => {
    // One small item tells whether reading all events is worth it.
    const status = (await ports.readModel.listing(query.run))?.status?.status;
    if (!isLast && !(status && isTerminal(status))) return { value: null, isEnough: false };
    const view = await readWholeView(ports, query);
    // The listing may be ahead of the event that it was made from.
    return { value: view, isEnough: view === null || isTerminal(view.status) };
  });
}
