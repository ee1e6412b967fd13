/** The smallest storm that still breaks the same invariant. */
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import type { Story } from './seed-pool.ts';
import { type SeedReport, type SimulationOptions, simulate } from './simulate.ts';

export interface Shrunk {
  readonly report: SeedReport;
  readonly runs: number;
  /** Kinds of faults that are left. */
  readonly kinds: readonly FaultKind[];
}

const MOST_RUNS = 4;

/** @param story one that breaks an invariant */
export async function shrink({ seed, world }: Story): Promise<Shrunk> {
  let best: SimulationOptions = { world };
  let report = await simulate(seed, best);
  const invariant = report.violations[0]?.invariant;
  const attempt = async (options: SimulationOptions): Promise<boolean> => {
    const smaller = await simulate(seed, options);
    if (!smaller.violations.some((violation) => violation.invariant === invariant)) return false;
    best = options;
    report = smaller;
    return true;
  };
  for (let runs = 1; runs < MOST_RUNS; runs += 1) if (await attempt({ ...best, runs })) break;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const kind of struckIn(report)) {
      const without = new Set([...(best.without ?? []), kind]);
      if (await attempt({ ...best, without })) isSmaller = true;
    }
  }
  return { report, runs: best.runs ?? MOST_RUNS, kinds: struckIn(report) };
}

const struckIn = ({ faults }: SeedReport): readonly FaultKind[] =>
  FAULT_KINDS.filter((kind) => faults[kind] > 0);
