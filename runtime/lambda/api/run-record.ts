/** The record of a run that somebody wants to change, and what is known of its end. */
import type { RunEndRecord, RunRecord } from '../../contracts/ledger.ts';
import { isTerminal } from '../../contracts/status.ts';
import { recordedEnd } from '../../core/resume-run.ts';
import type { ApiDependencies } from './dependencies.ts';
import { unknownRun } from './problem.ts';
import { isRunId, type RunQuery, readView } from './read-run.ts';

/** @throws RequestRefusedError when the tenant has no such run. */
export async function recordOf(
  { runs }: Pick<ApiDependencies, 'runs'>,
  { run, tenant }: RunQuery,
): Promise<RunRecord> {
  const record = isRunId(run) ? await runs.read(run) : null;
  if (record?.tenant !== tenant) throw unknownRun(run);
  return record;
}

/**
 * How the record's generation ended; `null` while nothing is known of an end. The read model may be
 * ahead of the record: its event is told before the end is noted.
 */
export async function endOf(
  ports: Pick<ApiDependencies, 'runs' | 'readModel' | 'system'>,
  record: RunRecord,
): Promise<RunEndRecord | null> {
  const recorded = recordedEnd(record);
  if (recorded) return recorded;
  const view = await readView(ports, record);
  const { gen, status, endedAt } = view ?? {};
  const isEnd = gen === record.gen && status && isTerminal(status) && endedAt !== undefined;
  return isEnd ? { gen, status, at: endedAt } : null;
}
