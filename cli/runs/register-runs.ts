import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addEvents } from './events.ts';
import { addList } from './list.ts';
import { addShow } from './show.ts';
import { addStart } from './start.ts';
import { addTrace } from './trace.ts';
import { addWatch } from './watch.ts';

/** Adds `runs …` and the short forms `start`, `watch` and `trace` to a program. */
export function registerRuns(program: Command, io: Io): void {
  const runs = program.command('runs').description('start, list and look at runs');
  for (const add of [addStart, addList, addShow, addWatch, addTrace, addEvents]) add(runs, io);
  for (const add of [addStart, addWatch, addTrace]) add(program, io);
}
