import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { type BegunOptions, tellBegun } from './begun.ts';
import { connect, type RunOptions, withRunOptions } from './connect.ts';
import { generationOf } from './generation.ts';
import { collect, readPatches } from './patches.ts';

interface ResumeOptions extends RunOptions, BegunOptions {
  readonly generation?: number;
  readonly patch?: readonly string[];
  readonly reason?: string;
}

export function addResume(parent: Command, io: Io): void {
  withRunOptions(parent.command('resume <run>'))
    .description('go on with a run that failed, expired or was stopped')
    .option('--patch <step=json>', 'another input for a step; repeat for more', collect)
    .option(
      '--generation <number>',
      'the generation that has ended (default: the newest)',
      generationOf,
    )
    .option('--reason <text>', 'why, for whoever looks at the run later')
    .option('--wait', 'wait for the end of the run and print its output')
    .action(async (id: string, options: ResumeOptions) => {
      const { generation, patch = [], reason } = options;
      const patches = await readPatches(patch, io);
      const client = await connect(options, io);
      const run = await client.resumeRun(id, {
        patches,
        ...(generation !== undefined && { generation }),
        ...(reason !== undefined && { reason }),
      });
      await tellBegun(client, run, options, io);
    });
}
