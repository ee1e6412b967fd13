/** Adds samples up: counts and times are summed, of the longest waits the longest stays. */
import type { RunSample, StageSample } from '../contracts/fleet.ts';

/** One sample for each stage, in the order in which they first come. */
export const stageSums = (parts: readonly StageSample[]): readonly StageSample[] =>
  sums(parts, ({ workflow, agent }) => `${workflow} ${agent}`, bothStages);

/** One sample for each workflow, in the order in which they first come. */
export const runSums = (parts: readonly RunSample[]): readonly RunSample[] =>
  sums(parts, ({ workflow }) => workflow, bothRuns);

function sums<P>(
  parts: readonly P[],
  keyOf: (part: P) => string,
  both: (a: P, b: P) => P,
): readonly P[] {
  const found = new Map<string, P>();
  for (const part of parts) {
    const before = found.get(keyOf(part));
    found.set(keyOf(part), before === undefined ? part : both(before, part));
  }
  return [...found.values()];
}

const bothStages = (a: StageSample, b: StageSample): StageSample => ({
  workflow: a.workflow,
  agent: a.agent,
  arrived: a.arrived + b.arrived,
  oldestWaitMs: Math.max(a.oldestWaitMs, b.oldestWaitMs),
  waitMs: a.waitMs + b.waitMs,
  ended: a.ended + b.ended,
  runMs: a.runMs + b.runMs,
  deferred: a.deferred + b.deferred,
});

const bothRuns = (a: RunSample, b: RunSample): RunSample => ({
  workflow: a.workflow,
  accepted: a.accepted + b.accepted,
  succeeded: a.succeeded + b.succeeded,
  endedOtherwise: a.endedOtherwise + b.endedOtherwise,
  durationMs: a.durationMs + b.durationMs,
});
