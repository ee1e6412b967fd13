/** The record of a run that somebody wants to change, and what is known of its end. */
import type { RunEndRecord, RunRecord } from '../../contracts/ledger.ts';
import { isTerminal } from '../../contracts/status.ts';
import { describedEvents } from '../../core/execution-status.ts';
import { recordedEnd } from '../../core/resume-run.ts';
import { endIn } from '../../core/run-end.ts';
import { executionName } from '../../core/run-id.ts';
import type { ApiDependencies } from './dependencies.ts';
import { unknownRun } from './problem.ts';
import { isRunId, type RunQuery } from './read-run.ts';

/** @throws RequestRefusedError when the tenant has no such run. */
export async function recordOf(
  { runs }: Pick<ApiDependencies, 'runs'>,
  { run, tenant }: RunQuery,
): Promise<RunRecord> {
  const record = isRunId(run) ? await runs.read(run) : null;
  if (record?.tenant !== tenant) throw unknownRun(run);
  return record;
}

type EndPorts = Pick<ApiDependencies, 'readModel' | 'orchestrator' | 'events'>;

/**
 * How the record's generation ended; `null` while nothing is known of an end. The read model may be
 * ahead of the record: its event is told before the end is noted. Of a run whose stop is on order the
 * orchestrator is asked, for its word may be a second away from both; of a reactive run it knows nothing.
 */
export async function endOf(ports: EndPorts, record: RunRecord): Promise<RunEndRecord | null> {
  return (
    recordedEnd(record) ??
    (await projectedEnd(ports, record)) ??
    (record.stop && record.kind !== 'reactive' ? await orchestratedEnd(ports, record) : null)
  );
}

/** From the listing: to read all events of a large run takes longer than its stop may. */
async function projectedEnd(
  { readModel }: Pick<EndPorts, 'readModel'>,
  { run, gen }: RunRecord,
): Promise<RunEndRecord | null> {
  const { status: entry } = (await readModel.listing(run)) ?? {};
  if (entry?.gen !== gen || !isTerminal(entry.status)) return null;
  return { gen, status: entry.status, at: entry.at };
}

/** As the orchestrator tells it. The world is told, too: once the run goes on, nobody asks any more how it ended (R1). */
export async function orchestratedEnd(
  { orchestrator, events }: Pick<EndPorts, 'orchestrator' | 'events'>,
  record: RunRecord,
): Promise<RunEndRecord | null> {
  const { run, gen, workflow } = record;
  const description = await orchestrator.describe({
    workflow,
    executionName: executionName(run, gen),
  });
  const told = description ? describedEvents(description, { record, gen }) : [];
  const end = told.map(endIn).find((one) => one !== null) ?? null;
  if (end) await events.append(told);
  return end;
}
