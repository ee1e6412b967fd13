import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addList } from './list.ts';
import { addRedrive } from './redrive.ts';
import { addShow } from './show.ts';

/** Adds `dead-letters …` to a program. */
export function registerDeadLetters(program: Command, io: Io): void {
  const letters = program
    .command('dead-letters')
    .description('look at what could not be handled, and set it going again');
  for (const add of [addList, addShow, addRedrive]) add(letters, io);
}
