import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addList } from './list.ts';

/** Adds `approvals …` to a program. */
export function registerApprovals(program: Command, io: Io): void {
  const approvals = program.command('approvals').description('what runs ask people');
  addList(approvals, io);
}
