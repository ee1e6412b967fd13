/**
 * Performs the decisions of `core/resume-run.ts`.
 *
 * Order: what is left of the former generation's start and of its reservations, then the record of the
 * next one, then its execution and event, like those of a new run. A repeat, or the reconciler, finishes
 * what a crash left.
 */
import type { RunRecord } from '../../contracts/ledger.ts';
import { type ResumeRequest, resumeRun } from '../../core/resume-run.ts';
import { leftToDo, refuseFull } from '../../core/start-run.ts';
import type { ApiDependencies } from './dependencies.ts';
import { finishStart, willBeLookedAt } from './front-door.ts';
import { RequestRefusedError } from './problem.ts';
import type { RunQuery } from './read-run.ts';
import { whileRecordChanges } from './record-changes.ts';
import { refuseReactive } from './refuse-reactive.ts';
import { returnOrphans } from './return-orphans.ts';
import { endOf, recordOf } from './run-record.ts';
import { workflowOf } from './start-request.ts';
import { refuseSucceeded, refuseUnreached } from './steps-of-run.ts';

export type ResumeBody = Pick<ResumeRequest, 'generation' | 'patches' | 'reason'>;

/** @throws RequestRefusedError when there is no such run, or it is in no state to be resumed. */
export function resume(
  ports: ApiDependencies,
  { body, ...query }: RunQuery & { readonly body: ResumeBody },
): Promise<RunRecord> {
  return whileRecordChanges(query.run, async () => {
    const record = await recordOf(ports, query);
    refuseReactive(record, 'resumed');
    const { contract, defVersion } = workflowOf(ports.workflows, record.workflow);
    const { deadlineSeconds, budget } = contract;
    const request = { ...body, defVersion, deadlineSeconds, ...(budget && { budget }) };
    const nowMs = ports.system.now();
    const decision = resumeRun(record, request, { end: await endOf(ports, record), nowMs });
    switch (decision.kind) {
      case 'resumed':
        await finishStart(ports, record);
        return record;
      case 'resume':
        return next(ports, record, { request, next: decision.record });
      default:
        throw refusal(record, decision.kind);
    }
  });
}

/** @returns `null` when somebody else has changed the record meanwhile */
async function next(
  ports: ApiDependencies,
  record: RunRecord,
  { request, next }: { readonly request: ResumeRequest; readonly next: RunRecord },
): Promise<RunRecord | null> {
  if (leftToDo(record).length > 0) {
    await finishStart(ports, record);
    return null;
  }
  const patched = Object.keys(request.patches);
  if (patched.length > 0) {
    const steps = await ports.steps.list(record.run);
    refuseUnreached(record, steps, patched);
    refuseSucceeded(record, steps, patched);
  }
  refuseFull(next);
  if (next.budget) await returnOrphans(ports, record.run);
  await willBeLookedAt(ports, record.run);
  const put = await ports.runs.put({ record: next, expectedRev: record.rev });
  if (put.kind === 'conflict') return null;
  await finishStart(ports, next);
  return next;
}

type Refused = Exclude<ReturnType<typeof resumeRun>['kind'], 'resume' | 'resumed'>;

function refusal({ run, gen }: RunRecord, why: Refused): RequestRefusedError {
  switch (why) {
    case 'going-on':
      return new RequestRefusedError(
        'run-going-on',
        `Run ${run} goes on (generation ${gen}); it can be resumed once it has failed, expired or been stopped. Stop it with POST /runs/${run}/stop.`,
      );
    case 'succeeded':
      return new RequestRefusedError(
        'run-ended',
        `Run ${run} has succeeded; there is nothing to go on with. To do a part of it anew, fork it with POST /runs/${run}/fork.`,
      );
    case 'unknown-generation':
      return new RequestRefusedError(
        'run-going-on',
        `Run ${run} is in generation ${gen}, and the request names a later one; name the generation that has ended.`,
      );
  }
}
