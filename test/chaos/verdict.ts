/**
 * What the chaos has shown.
 *
 * Boundary: pure; everything it says comes from the runs' ends and from what the world outside has seen.
 *
 * Which kills count for recovery: those that hit a step past step 0 of the door (its message comes
 * out again within the lease) and that are followed by another start of it, not by another hit before.
 * A start is a claim: what the next worker does first, before the agent's own code.
 * A worker that is killed before its step 0 leaves its message hidden as long as the queue says, six
 * times the function's timeout; one that is killed between its record and its acknowledgement leaves a
 * step that is answered from the record and never started again. Both must lose nothing, and have no
 * recovery to measure.
 */
import type { RunView } from '#runtime/contracts/api.ts';
import type { Hit } from './killer.ts';
import type { Begin, Effect } from './outside-world.ts';

/** From kill to next start: a lease of 30 s, what it may be late by, and two seconds to be received. */
const RECOVERY_MAX_SECONDS = 34;

/** A worker has taken a step. */
export interface Claim {
  readonly run: string;
  readonly step: string;
  /** Milliseconds of this process's clock. */
  readonly atMs: number;
}

export interface Seen {
  /** The ids of all runs that were accepted. */
  readonly runs: readonly string[];
  /** Those that have ended, as the API shows them. */
  readonly ended: readonly RunView[];
  readonly steps: readonly string[];
  readonly kills: number;
  readonly hits: readonly Hit[];
  readonly begins: readonly Begin[];
  readonly claims: readonly Claim[];
  readonly effects: readonly Effect[];
}

export interface Verdict {
  readonly runs: number;
  readonly kills: number;
  /** Runs without a good end, or without one of their effects. */
  readonly lost: number;
  /** Effects that happened again for the same step of the same run. */
  readonly doubledEffects: number;
  /** From a kill to the next start of the step that it hit. */
  readonly recoveryMaxSeconds: number;
}

export interface Recovery {
  readonly step: string;
  readonly seconds: number;
}

export function recoveries({ hits, claims }: Seen): readonly Recovery[] {
  return hits.flatMap((hit) => {
    const isNext = (thing: { run: string; step: string; atMs: number }): boolean =>
      thing.run === hit.run && thing.step === hit.step && thing.atMs > hit.atMs;
    const start = claims.find(isNext);
    const again = hits.find(isNext);
    const isMeasured =
      hit.isPastStep0 && start !== undefined && !(again && again.atMs < start.atMs);
    return isMeasured ? [{ step: hit.step, seconds: (start.atMs - hit.atMs) / 1000 }] : [];
  });
}

export function verdictOn(seen: Seen): Verdict {
  const { runs, kills, effects } = seen;
  const performed = new Set(effects.map(({ run, step }) => `${run} ${step}`));
  return {
    runs: runs.length,
    kills,
    lost: runs.filter((run) => isLost(seen, run)).length,
    doubledEffects: effects.length - performed.size,
    recoveryMaxSeconds: round(Math.max(0, ...recoveries(seen).map(({ seconds }) => seconds))),
  };
}

/** What went wrong, in words: on any machine, however busy it is. */
export function wrongs(verdict: Verdict, seen: Seen): readonly string[] {
  const { lost, doubledEffects, kills } = verdict;
  return [
    ...(lost > 0 ? [`${lost} runs were lost`] : []),
    ...(doubledEffects > 0 ? [`${doubledEffects} effects happened twice`] : []),
    // A gate that has seen nothing has failed.
    ...(kills === 0 || recoveries(seen).length === 0 ? ['no kill has hit a step'] : []),
  ];
}

/** What was too slow, in words: on a machine that has nothing else to do. */
export const delays = ({ recoveryMaxSeconds }: Verdict): readonly string[] =>
  recoveryMaxSeconds > RECOVERY_MAX_SECONDS
    ? [`a recovery took ${recoveryMaxSeconds} s; allowed: ${RECOVERY_MAX_SECONDS} s`]
    : [];

function isLost({ ended, effects, steps }: Seen, run: string): boolean {
  const view = ended.find(({ id }) => id === run);
  const performed = new Set(effects.filter((effect) => effect.run === run).map(({ step }) => step));
  return view?.status !== 'succeeded' || steps.some((step) => !performed.has(step));
}

export const round = (seconds: number): number => Math.round(seconds * 10) / 10;
