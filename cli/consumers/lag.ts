import type { Command } from 'commander';
import { consumerLines } from '../draw/consumers.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';

export function addLag(parent: Command, io: Io): void {
  withRunOptions(parent.command('lag'))
    .description(
      'consumers of the event stream: how far behind they are, and the events they have parked',
    )
    .action(async (options: RunOptions) => {
      const list = await (await connect(options, io)).consumers();
      if (options.json) return printJson(io, list);
      printLines(io, consumerLines(list, io));
    });
}
