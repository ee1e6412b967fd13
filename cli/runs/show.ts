import type { Command } from 'commander';
import { runPage } from '../draw/run.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { printJson, printLines } from './print.ts';

export function addShow(parent: Command, io: Io): void {
  withRunOptions(parent.command('show <run>'))
    .description('one run: how it goes, its steps, its output')
    .action(async (id: string, options: RunOptions) => {
      const run = await (await connect(options, io)).run(id);
      if (options.json) printJson(io, run);
      else printLines(io, runPage(run, io));
    });
}
