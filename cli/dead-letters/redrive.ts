import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type BegunOptions, tellBegun } from '../runs/begun.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { type InputOptions, isInputGiven, readInput } from '../runs/input.ts';

interface RedriveOptions extends RunOptions, InputOptions, BegunOptions {
  readonly reason?: string;
}

export function addRedrive(parent: Command, io: Io): void {
  withRunOptions(parent.command('redrive <letter>'))
    .description('resume the run of a dead letter, with a corrected input if one is given')
    .option('--input <json>', 'the input of the step that died (default: the one it had)')
    .option('--input-file <file>', 'a file with that input, - for standard input')
    .option('--reason <text>', 'why, for whoever looks at the run later')
    .option('--wait', 'wait for the end of the run and print its output')
    .action(async (id: string, options: RedriveOptions) => {
      const { reason } = options;
      const input = isInputGiven(options) ? { input: await readInput(options, io) } : {};
      const client = await connect(options, io);
      const run = await client.redriveDeadLetter(id, {
        ...input,
        ...(reason !== undefined && { reason }),
      });
      await tellBegun(client, run, options, io);
    });
}
