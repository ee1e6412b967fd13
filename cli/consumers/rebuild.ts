import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { followReplay } from './follow-replay.ts';

export function addRebuild(parent: Command, io: Io): void {
  withRunOptions(parent.command('rebuild <consumer>'))
    .description(
      'make the read model anew of the archive, beside the live one, and compare the two',
    )
    .action(async (consumer: string, { json = false, ...options }: RunOptions) => {
      const client = await connect(options, io);
      await followReplay(client, await client.startRebuild(consumer), io, { json });
    });
}
