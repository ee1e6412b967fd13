/**
 * Makes a new run of one that is on record: what came before a step is taken over, the rest done anew.
 *
 * Boundary: pure; the front door puts and starts the record like every other. What a step of a fork
 * takes over is decided at the door (core/reuse-outcome.ts).
 * Invariants
 * F1. A fork is a run of its own: the origin is read, never written.
 * F2. It takes over the origin's patches: without them, steps before the fork step would be asked
 *     something else than the outcomes on record answer.
 * F3. The same tenant, origin and key name the same fork; another request under them is a conflict.
 * F4. What is named of the origin, to fork from or to patch, it must have come to: another path would be
 *     a slip of the pen that nobody notices.
 */
import type { BudgetLimits } from '../contracts/budget.ts';
import type { RunRecord, StepRecord } from '../contracts/ledger.ts';
import { hash } from './hash.ts';
import { withPatches } from './resume-run.ts';
import { runIdOf } from './run-id.ts';
import { traceparentOf } from './traceparent.ts';

export interface ForkRequest {
  /** The id that `forkIdOf` names, or a random one. */
  readonly run: string;
  /** The path from which on everything is done anew; `null`: from the start. */
  readonly from: string | null;
  readonly patches: Readonly<Record<string, unknown>>;
  readonly liveEffects: boolean;
  readonly defVersion: string;
  readonly deadlineSeconds: number;
  /** What the fork may spend itself, from the workflow's contract. */
  readonly budget?: BudgetLimits;
  readonly traceparent: string | null;
}

/** The run id of a fork with an Idempotency-Key. No workflow has a name like it, so it names no start. */
export const forkIdOf = ({ run, tenant }: RunRecord, idempotencyKey: string): string =>
  runIdOf(tenant, `fork of ${run}`, idempotencyKey);

/**
 * The record that is put first, if no other is there.
 * @param steps those of the origin, the fork step among them
 */
export function forkRun(
  origin: RunRecord,
  steps: readonly StepRecord[],
  request: ForkRequest,
  nowMs: number,
): RunRecord {
  const { run, from, patches, liveEffects, defVersion, deadlineSeconds, traceparent } = request;
  const before = steps.find(({ path }) => path === from)?.queuedAt ?? origin.acceptedAt;
  return {
    run,
    rev: 1,
    root: run,
    gen: 0,
    tenant: origin.tenant,
    workflow: origin.workflow,
    defVersion,
    input: origin.input,
    inputHash: hash(forkedBy(origin.run, request)),
    tags: origin.tags,
    traceparent: traceparent ?? traceparentOf(run),
    acceptedAt: new Date(nowMs).toISOString(),
    deadlineAt: new Date(nowMs + deadlineSeconds * 1000).toISOString(),
    progress: 'accepted',
    ...(request.budget && { budget: request.budget }),
    ...withPatches(origin, patches),
    forkedFrom: { run: origin.run, from, before, liveEffects, ...lineageOf(origin) },
  };
}

/** Beyond it, a fork of a fork of a fork has long lost sight of where it came from. */
const MAX_LINEAGE = 20;

function lineageOf({ forkedFrom }: RunRecord): { readonly lineage?: readonly string[] } {
  if (!forkedFrom) return {};
  return { lineage: [forkedFrom.run, ...(forkedFrom.lineage ?? [])].slice(0, MAX_LINEAGE) };
}

/** What a repeat is compared with: the request, not what the origin has become meanwhile. */
export const forkedBy = (
  origin: string,
  { from, patches, liveEffects }: Pick<ForkRequest, 'from' | 'patches' | 'liveEffects'>,
): unknown => ({ origin, from, patches, liveEffects });

/** Paths among these that the run has not come to (F4). */
export const unreachedSteps = (
  steps: readonly StepRecord[],
  paths: readonly string[],
): readonly string[] => {
  const known = new Set(steps.map(({ path }) => path));
  return paths.filter((path) => !known.has(path));
};
