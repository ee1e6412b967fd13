import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addSend } from './send.ts';

/** Adds `events …` to a program. */
export function registerEvents(program: Command, io: Io): void {
  const events = program.command('events').description('tell runs what happened outside');
  addSend(events, io);
}
