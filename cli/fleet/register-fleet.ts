import type { Command } from 'commander';
import { fleetPicture } from '../draw/fleet.ts';
import type { Io } from '../io.ts';
import { connect, type RunOptions, withRunOptions } from '../runs/connect.ts';
import { printJson, printLines } from '../runs/print.ts';
import { watchFleet } from './watch-fleet.ts';

interface FleetOptions extends RunOptions {
  readonly watch?: boolean;
}

/** Adds `fleet` to a program. */
export function registerFleet(program: Command, io: Io): void {
  withRunOptions(program.command('fleet'))
    .description('where work waits, why, and when that clears')
    .option('--watch', 'goes on until Ctrl-C')
    .action(async ({ watch, json = false, ...options }: FleetOptions) => {
      const client = await connect(options, io);
      if (watch) return watchFleet(client, io, { json });
      const fleet = await client.fleet();
      if (json) printJson(io, fleet);
      else printLines(io, fleetPicture(fleet, io));
    });
}
