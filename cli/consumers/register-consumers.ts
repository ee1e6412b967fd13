import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addLag } from './lag.ts';

/** Adds `consumers …` to a program. */
export function registerConsumers(program: Command, io: Io): void {
  const consumers = program
    .command('consumers')
    .description('look at what follows the event stream: how far it is, and what it has put aside');
  for (const add of [addLag]) add(consumers, io);
}
