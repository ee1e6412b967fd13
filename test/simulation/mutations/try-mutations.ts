/**
 * Shows that the checks can fail: every mutation of the runtime has to be caught, each within its seeds.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { MACHINES_FILE } from '../machines.ts';
import { MUTATION_VARIABLE, type Mutation } from './mutation.ts';
import type { MutationResult } from './mutation-process.ts';

const LOAD = join(import.meta.dirname, 'load-mutated.ts');
const SCRIPT = join(import.meta.dirname, 'mutation-process.ts');

export interface TriedMutation extends MutationResult {
  readonly mutation: Mutation;
  /** Why it could not be tried. */
  readonly problem?: string;
}

/**
 * Tries every mutation in a process of its own.
 * @param options.report is told of each as it comes
 */
export async function tryMutations(
  mutations: readonly Mutation[],
  options: {
    readonly processes: number;
    readonly machinesFile: string;
    readonly report: (tried: TriedMutation) => void;
  },
): Promise<{ readonly tried: number; readonly caught: number }> {
  const waiting = mutations.values();
  let caught = 0;
  const workOff = async (): Promise<void> => {
    for (const mutation of waiting) {
      const tried = await tryMutation(mutation, options.machinesFile);
      if (tried.caughtBy !== null) caught += 1;
      options.report(tried);
    }
  };
  await Promise.all(Array.from({ length: options.processes }, workOff));
  return { tried: mutations.length, caught };
}

/** One line: how a mutation came out. */
export function sentenceOf({ mutation, caughtBy, text, others, problem }: TriedMutation): string {
  const { name, invariant, withinSeeds } = mutation;
  if (problem !== undefined) return `BROKEN  ${name}: ${problem}`;
  if (caughtBy !== null) return `caught  ${name}: ${invariant} in seed ${caughtBy}, ${text}`;
  const instead = others.length > 0 ? `; broken instead: ${others.join(', ')}` : '';
  return `MISSED  ${name}: ${invariant} holds in ${withinSeeds} seeds${instead}`;
}

function tryMutation(mutation: Mutation, machinesFile: string): Promise<TriedMutation> {
  const child = fork(SCRIPT, {
    env: {
      ...process.env,
      [MACHINES_FILE]: machinesFile,
      [MUTATION_VARIABLE]: JSON.stringify(mutation),
    },
    execArgv: ['--import', LOAD],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += chunk;
  });
  let isMutated = false;
  let result: MutationResult = { caughtBy: null, text: '', others: [] };
  child.on('message', (message: 'mutated' | MutationResult) => {
    if (message === 'mutated') isMutated = true;
    else result = message;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const problem =
        (code !== 0 && (errors.trim().slice(-1500) || `ended with code ${code}`)) ||
        (!isMutated && `${mutation.file} is no part of the simulation`) ||
        undefined;
      resolve({
        mutation,
        ...result,
        ...(problem !== undefined && { caughtBy: null, problem }),
      });
    });
  });
}
