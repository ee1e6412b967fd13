import type { Command } from 'commander';
import type { Trace } from '#runtime/contracts/api.ts';
import { generationLines } from '../draw/generations.ts';
import { clean } from '../draw/text.ts';
import { waterfall } from '../draw/waterfall.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { generationOf } from './generation.ts';
import { printJson, printLines } from './print.ts';

export function addTrace(parent: Command, io: Io): void {
  withRunOptions(parent.command('trace <run>'))
    .description('where the time of a run went: queue, model, effects and own time apart')
    .option('--gen <number>', 'which generation (default: the newest)', generationOf)
    .action(async (id: string, { gen, ...options }: TraceOptions) => {
      const client = await connect(options, io);
      const trace = await client.trace(id, gen === undefined ? {} : { gen });
      if (options.json) printJson(io, trace);
      else printLines(io, tracePage(trace, io));
    });
}

interface TraceOptions extends RunOptions {
  readonly gen?: number;
}

const tracePage = (trace: Trace, { width, paint }: Io): string[] => [
  paint('bold', clean(trace.sentence)),
  ...generationLines(trace, { width, paint }),
  '',
  ...waterfall(trace, { width, paint }),
];
