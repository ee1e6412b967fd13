import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addLag } from './lag.ts';
import { addRebuild } from './rebuild.ts';
import { addReplay } from './replay.ts';

/** Adds `consumers …` to a program. */
export function registerConsumers(program: Command, io: Io): void {
  const consumers = program
    .command('consumers')
    .description(
      'what follows the event stream: how far it is, what it has put aside, and its past',
    );
  for (const add of [addLag, addReplay, addRebuild]) add(consumers, io);
}
