/**
 * Performs the decisions of `core/wait/decide-approval.ts`.
 *
 * Order: an entry that has the run looked after, for whatever a crash leaves; the outcome on record; then
 * what follows from it (`wait/end-wait.ts`). A repeat finds it on record and finishes it.
 */
import type { ApprovalView } from '../../contracts/api.ts';
import type { Approved, OpenWait } from '../../contracts/wait.ts';
import { type ApprovalRefusal, decideApproval } from '../../core/wait/decide-approval.ts';
import { approvalDecided } from '../../core/wait/wait-events.ts';
import { waitAt } from '../../core/wait/waits.ts';
import { endWait } from '../wait/end-wait.ts';
import type { ApiDependencies } from './dependencies.ts';
import { willBeLookedAt } from './front-door.ts';
import { quoted, RequestRefusedError } from './problem.ts';
import type { RunQuery } from './read-run.ts';
import { whileRecordChanges } from './record-changes.ts';
import { recordOf } from './run-record.ts';

export interface ApprovalQuery extends RunQuery {
  /** The step's path. */
  readonly path: string;
  readonly approved: Approved;
}

/** @throws RequestRefusedError when there is no such approval, or the decision does not count. */
export function decide(ports: ApiDependencies, query: ApprovalQuery): Promise<ApprovalView> {
  const { run, tenant, path, approved } = query;
  return whileRecordChanges(run, async () => {
    const record = await recordOf(ports, { run, tenant });
    const [waits, found] = await Promise.all([
      ports.waits.read(run),
      ports.steps.read({ steps: [{ run, path }], runs: [] }),
    ]);
    const wait = waits && waitAt(waits, path);
    const decision = decideApproval({
      run: record,
      wait,
      step: found.steps[0] ?? null,
      decision: approved.decision,
      nowMs: ports.system.now(),
    });
    switch (decision.kind) {
      case 'decided':
        // Whoever has recorded it may not have come to answer it.
        if (wait) await endWait(ports, wait, null);
        return { run, step: path, ...decision.approved, at: decision.at };
      case 'decide':
        await willBeLookedAt(ports, run);
        await keep(ports, decision.wait, approved);
        // What is on record then is what counts: another one may have been faster.
        return null;
      default:
        throw refusal(query, decision);
    }
  });
}

async function keep(ports: ApiDependencies, wait: OpenWait, approved: Approved): Promise<void> {
  const atMs = ports.system.now();
  await endWait(ports, wait, {
    result: { status: 'succeeded', output: approved },
    told: (fence) => [approvalDecided(wait, approved, { fence, atMs })],
  });
}

function refusal(
  { run, path, approved }: ApprovalQuery,
  why: ApprovalRefusal,
): RequestRefusedError {
  const step = `${quoted(path)} of run ${run}`;
  switch (why.kind) {
    case 'otherwise': {
      const { decision, by } = why.approved;
      return new RequestRefusedError(
        'approval-decided',
        `${step} was decided already: ${decision}, by ${quoted(by)}. A decision stays; to decide otherwise, fork the run from there (POST /runs/${run}/fork).`,
      );
    }
    case 'expired':
      return new RequestRefusedError(
        'approval-expired',
        `${step} was to be decided${why.until === null ? ' earlier' : ` by ${why.until}`}; its run went on without a decision.`,
      );
    case 'run-ended':
      return new RequestRefusedError(
        'run-ended',
        `Run ${run} has ${why.status}; nothing in it waits for a decision any more.`,
      );
    case 'no-option':
      return new RequestRefusedError(
        'request-invalid',
        'The body does not fit the route: see decision',
        {
          errors: [
            {
              field: 'decision',
              problem: `got ${quoted(approved.decision)}; allowed: ${why.options.join(', ')}`,
            },
          ],
        },
      );
    case 'unknown':
      return new RequestRefusedError(
        'approval-unknown',
        `Run ${run} has no approval ${quoted(path)} that is asked for; GET /runs/${run} names its steps, and GET /runs?status=waiting the runs that wait.`,
      );
  }
}
