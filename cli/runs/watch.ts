import type { Command } from 'commander';
import { resultLines } from '../draw/run.ts';
import type { Io } from '../io.ts';
import { setExitCodeOf } from './begun.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { watchRun, watchRunAsJson } from './follow.ts';
import { printLines } from './print.ts';

export function addWatch(parent: Command, io: Io): void {
  withRunOptions(parent.command('watch <run>'))
    .description('the steps of a run, live, until it ends')
    .action(async (id: string, options: RunOptions) => {
      const client = await connect(options, io);
      const watch = options.json ? watchRunAsJson : watchRun;
      const ended = await watch(client, id, io);
      if (!options.json) printLines(io, resultLines(ended, io.paint));
      setExitCodeOf(ended, io);
    });
}
