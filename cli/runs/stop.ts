import type { Command } from 'commander';
import { isReactive } from '../draw/run.ts';
import { stopLines } from '../draw/stop.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { printJson, printLines } from './print.ts';

interface StopOptions extends RunOptions {
  readonly reason?: string;
}

export function addStop(parent: Command, io: Io): void {
  withRunOptions(parent.command('stop <run>'))
    .description('stop a run: nothing new begins in it')
    .option('--reason <text>', 'why, for whoever looks at the run later')
    .action(async (id: string, { reason, ...options }: StopOptions) => {
      const client = await connect(options, io);
      const report = await client.stopRun(id, reason === undefined ? {} : { reason });
      if (options.json) return printJson(io, report);
      printLines(io, [
        ...stopLines(report, io.now(), io),
        io.paint('dim', `npx signalbox watch ${id}`),
        ...(isReactive(report.run) ? [] : [io.paint('dim', `npx signalbox runs resume ${id}`)]),
      ]);
    });
}
