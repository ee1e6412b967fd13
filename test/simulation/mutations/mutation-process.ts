/** Simulates the seeds of a mutation, one after the other, until a check has noticed it. */
import { simulate } from '../simulate.ts';
import { MUTATION_VARIABLE, type Mutation } from './mutation.ts';

export interface MutationResult {
  /** The first seed in which the mutation's invariant was broken; `null`: in none. */
  readonly caughtBy: number | null;
  /** What the check said. */
  readonly text: string;
  /** Invariants that were broken before, or instead. */
  readonly others: readonly string[];
}

const { invariant, withinSeeds, world }: Mutation = JSON.parse(
  process.env[MUTATION_VARIABLE] ?? '',
);

async function firstCatch(): Promise<MutationResult> {
  const others = new Set<string>();
  for (let seed = 1; seed <= withinSeeds; seed += 1) {
    const { violations } = await simulate(seed, { ...(world && { world }) });
    const caught = violations.find((violation) => violation.invariant === invariant);
    if (caught) return { caughtBy: seed, text: caught.text, others: [...others] };
    for (const violation of violations) others.add(`${violation.invariant} (seed ${seed})`);
  }
  return { caughtBy: null, text: '', others: [...others] };
}

process.send?.(await firstCatch(), () => process.disconnect());
