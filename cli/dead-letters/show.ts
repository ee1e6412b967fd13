import type { Command } from 'commander';
import { letterPage } from '../draw/dead-letter.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';

export function addShow(parent: Command, io: Io): void {
  withRunOptions(parent.command('show <letter>'))
    .description('one dead letter: its cause, what it took, its message without the token')
    .action(async (id: string, options: RunOptions) => {
      const letter = await (await connect(options, io)).deadLetter(id);
      if (options.json) printJson(io, letter);
      else printLines(io, letterPage(letter, io));
    });
}
