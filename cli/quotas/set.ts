import type { Command } from 'commander';
import { usageError } from '../errors.ts';
import type { Io } from '../io.ts';
import { numberOf } from '../number-of.ts';
import { type RunOptions, withRunOptions } from '../runs/connect.ts';
import { order } from './order.ts';

interface SetOptions extends RunOptions {
  readonly requestsPerSecond?: number;
  readonly tokensPerMinute?: number;
  readonly burst?: number;
  readonly reset?: true;
}

export function addSet(parent: Command, io: Io): void {
  withRunOptions(parent.command('set <quota>'))
    .description('change what it lets through: from now on, and for the calls that wait already')
    .option('--requests-per-second <rate>', 'calls per second', numberOf)
    .option('--tokens-per-minute <rate>', 'input and output tokens together, per minute', numberOf)
    .option('--burst <count>', 'calls that may go at once after a pause', numberOf)
    .option('--reset', 'back to what the stage is configured with, before anything else')
    .action(async (name: string, { api, stage, json, ...change }: SetOptions) => {
      if (Object.keys(change).length === 0) {
        throw usageError(
          `nothing to set for ${name}`,
          'Give --requests-per-second, --tokens-per-minute, --burst or --reset.',
        );
      }
      const options: RunOptions = {
        ...(api !== undefined && { api }),
        ...(stage !== undefined && { stage }),
        ...(json !== undefined && { json }),
      };
      await order(name, change, options, io);
    });
}
