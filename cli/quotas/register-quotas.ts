import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addList } from './list.ts';
import { addPause, addResume } from './pause.ts';
import { addSet } from './set.ts';

/** Adds `quotas …` to a program. */
export function registerQuotas(program: Command, io: Io): void {
  const quotas = program
    .command('quotas')
    .description('look at shared rates, and change them while runs go on');
  for (const add of [addList, addSet, addPause, addResume]) add(quotas, io);
}
