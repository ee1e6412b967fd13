/** What a request may say about the steps of a run: the run must have come to them. */
import type { RunRecord, StepRecord } from '../../contracts/ledger.ts';
import { unreachedSteps } from '../../core/fork-run.ts';
import { hasSucceeded } from '../../core/step.ts';
import { quoted, RequestRefusedError } from './problem.ts';

/** The most that are named; a wide fan-out has thousands. */
const MAX_NAMED = 20;

/** @throws RequestRefusedError naming the steps that there are. */
export function refuseUnreached(
  { run }: RunRecord,
  steps: readonly StepRecord[],
  paths: readonly string[],
): void {
  const unreached = unreachedSteps(steps, paths);
  if (unreached.length === 0) return;
  const known = steps.map(({ path }) => path);
  const named = known.slice(0, MAX_NAMED).join(', ') || 'none';
  const rest = known.length > MAX_NAMED ? ` and ${known.length - MAX_NAMED} more` : '';
  throw new RequestRefusedError(
    'step-unknown',
    `Run ${run} has not come to ${unreached.map(quoted).join(', ')}; its steps: ${named}${rest}`,
  );
}

/** @throws RequestRefusedError for a step that has succeeded: its output stays, whatever it is asked. */
export function refuseSucceeded(
  { run }: RunRecord,
  steps: readonly StepRecord[],
  paths: readonly string[],
): void {
  const done = steps.filter((step) => paths.includes(step.path) && hasSucceeded(step));
  if (done.length === 0) return;
  throw new RequestRefusedError(
    'step-succeeded',
    `${done.map(({ path }) => quoted(path)).join(', ')} of run ${run} has succeeded, and its output stays; patch steps that have not, or fork the run from there (POST /runs/${run}/fork).`,
  );
}
