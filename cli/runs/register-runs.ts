import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addApprove, addDecide, addReject } from './decide.ts';
import { addDiff } from './diff.ts';
import { addEvents } from './events.ts';
import { addFork, addRerun } from './fork.ts';
import { addList } from './list.ts';
import { addResume } from './resume.ts';
import { addShow } from './show.ts';
import { addStart } from './start.ts';
import { addStop } from './stop.ts';
import { addTrace } from './trace.ts';
import { addWatch } from './watch.ts';

/** Adds `runs …` and the short forms `start`, `watch` and `trace` to a program. */
export function registerRuns(program: Command, io: Io): void {
  const runs = program.command('runs').description('start, change and look at runs');
  for (const add of COMMANDS) add(runs, io);
  for (const add of [addStart, addWatch, addTrace]) add(program, io);
}

const COMMANDS = [
  addStart,
  addList,
  addShow,
  addWatch,
  addTrace,
  addEvents,
  addStop,
  addResume,
  addFork,
  addRerun,
  addDiff,
  addApprove,
  addReject,
  addDecide,
];
