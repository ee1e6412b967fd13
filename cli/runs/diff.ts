import type { Command } from 'commander';
import { diffPage } from '../draw/diff.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { printJson, printLines } from './print.ts';

export function addDiff(parent: Command, io: Io): void {
  withRunOptions(parent.command('diff <a> <b>'))
    .description('what two runs did differently')
    .action(async (a: string, b: string, options: RunOptions) => {
      const diff = await (await connect(options, io)).diffRuns(a, b);
      if (options.json) printJson(io, diff);
      else printLines(io, diffPage(diff, io));
    });
}
