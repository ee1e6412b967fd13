/** One change of the runtime that breaks a promise: the simulation has to notice. */
import type { Invariant } from '../check/check.ts';
import type { WorldKind } from '../world.ts';

/** Carries the mutation, as JSON, to the process that simulates it. */
export const MUTATION_VARIABLE = 'SIMULATION_MUTATION';

export interface Mutation {
  /** What the changed runtime does wrong. */
  readonly name: string;
  /** In which it has to be noticed. @default 'workflows' */
  readonly world?: WorldKind;
  /** The invariant whose check has to notice. */
  readonly invariant: Invariant;
  /** From the project's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** It has to be noticed within the first so many seeds. */
  readonly withinSeeds: number;
}
