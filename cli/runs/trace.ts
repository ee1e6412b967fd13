import type { Command } from 'commander';
import type { Trace } from '#runtime/contracts/api.ts';
import { clean } from '../draw/text.ts';
import { waterfall } from '../draw/waterfall.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { printJson, printLines } from './print.ts';

export function addTrace(parent: Command, io: Io): void {
  withRunOptions(parent.command('trace <run>'))
    .description('where the time of a run went: queue, model, effects and own time apart')
    .action(async (id: string, options: RunOptions) => {
      const trace = await (await connect(options, io)).trace(id);
      if (options.json) printJson(io, trace);
      else printLines(io, tracePage(trace, io));
    });
}

const tracePage = (trace: Trace, { width, paint }: Io): string[] => [
  paint('bold', clean(trace.sentence)),
  '',
  ...waterfall(trace, { width, paint }),
];
