/**
 * Performs the decisions of `core/stop-run.ts`.
 *
 * Order: the order on the control record, then the end of the execution. Workers find the order by
 * themselves (R10); an execution that a crash left running is ended by a repeat, or by the reconciler. A
 * reactive run has none: the router ends it.
 */
import type { StopReport } from '../../contracts/api.ts';
import type { RunRecord, StopOrder } from '../../contracts/ledger.ts';
import { inFlightOf, stepsInFlight } from '../../core/in-flight.ts';
import { stopOf, stopRun } from '../../core/stop-run.ts';
import { hasOpenWait } from '../../core/wait/waited-deadline.ts';
import { wakeRun } from '../react/wake-run.ts';
import type { ApiDependencies } from './dependencies.ts';
import { finishStart, willBeLookedAt } from './front-door.ts';
import { RequestRefusedError } from './problem.ts';
import { type RunQuery, readEvents } from './read-run.ts';
import { whileRecordChanges } from './record-changes.ts';
import { endOf, orchestratedEnd, recordOf } from './run-record.ts';

export interface StopBody {
  /** `null`: the current one. */
  readonly generation: number | null;
  readonly reason: string;
}

/** @throws RequestRefusedError when there is no such run, or what is to be stopped has ended otherwise. */
export function stop(
  ports: ApiDependencies,
  { body, ...query }: RunQuery & { readonly body: StopBody },
): Promise<RunRecord> {
  return whileRecordChanges(query.run, async () => {
    const record = await recordOf(ports, query);
    const nowMs = ports.system.now();
    const end = await endOf(ports, record);
    const decision = stopRun(record, { ...body, end, nowMs });
    switch (decision.kind) {
      case 'stopped':
        return record;
      case 'ended':
        throw ended(record, decision.status);
      case 'followed':
      case 'unknown-generation':
        throw otherGeneration(record, decision.kind);
      case 'ordered':
        return carryOut(ports, record);
      case 'order': {
        await willBeLookedAt(ports, record.run);
        const put = await ports.runs.put({ record: decision.record, expectedRev: record.rev });
        return put.kind === 'conflict' ? null : carryOut(ports, decision.record);
      }
    }
  });
}

/** The execution is started first if a crash has left that: it ends as stopped, like every other (R1). */
async function carryOut(ports: ApiDependencies, record: RunRecord): Promise<RunRecord> {
  await finishStart(ports, record);
  if (!hasOrder(record)) return record;
  if (record.kind === 'reactive') {
    await wakeRun(ports, record.run);
    return record;
  }
  if (hasOpenWait(record)) await endWaits(ports, record);
  const answer = await ports.orchestrator.stop(stopOf(record));
  const end = answer === 'not-running' ? await orchestratedEnd(ports, record) : null;
  // It was faster than the stop.
  if (end && end.status !== 'stopped') throw ended(record, end.status);
  return record;
}

/** No worker finds the order for steps that nobody works on. */
async function endWaits(ports: ApiDependencies, record: RunRecord): Promise<void> {
  const { lookAfterWaits } = await import('../wait/look-after-waits.ts');
  await lookAfterWaits(ports, record);
}

const hasOrder = (record: RunRecord): record is RunRecord & { readonly stop: StopOrder } =>
  record.stop !== undefined;

const ended = ({ run, gen }: RunRecord, status: string): RequestRefusedError =>
  new RequestRefusedError(
    'run-ended',
    `Run ${run} has ${status} already (generation ${gen}); only a run that goes on can be stopped.`,
  );

const otherGeneration = (
  { run, gen }: RunRecord,
  why: 'followed' | 'unknown-generation',
): RequestRefusedError =>
  why === 'followed'
    ? new RequestRefusedError(
        'run-ended',
        `Run ${run} was resumed since, and is in generation ${gen}; the one that the request names has ended. To stop this one, name it, or none.`,
      )
    : new RequestRefusedError(
        'run-going-on',
        `Run ${run} is in generation ${gen}, and the request names a later one; name that one, or none.`,
      );

/** What was under way in the run when its stop was ordered. */
export async function inFlight(
  ports: ApiDependencies,
  query: RunQuery,
  record: RunRecord,
): Promise<StopReport['inFlight']> {
  const [steps, events] = await Promise.all([
    ports.steps.list(query.run),
    readEvents(ports, query),
  ]);
  const open = await Promise.all(
    stepsInFlight(steps, record).map(async (record) => ({
      record,
      calls: await ports.calls.list(record),
    })),
  );
  return inFlightOf(open, events ?? [], record);
}
